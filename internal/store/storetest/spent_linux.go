package storetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tick is the unit of processor times in /proc (USER_HZ).
const tick = time.Second / 100

// spent is the processor time that the process and its children took so far, those
// that ended included.
func spent(pid int) (sum time.Duration) {
	all, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, name := range all {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // it ended
		}
		var state string
		var ignored, parent, user, system, endedUser, endedSystem int64
		_, rest, _ := strings.Cut(string(b), ") ") // behind the name of the program
		if _, err := fmt.Sscan(rest, &state, &parent, &ignored, &ignored, &ignored, &ignored, &ignored, &ignored, &ignored, &ignored, &ignored,
			&user, &system, &endedUser, &endedSystem); err != nil {
			continue
		}
		switch {
		case filepath.Base(filepath.Dir(name)) == fmt.Sprint(pid):
			sum += time.Duration(user+system+endedUser+endedSystem) * tick
		case parent == int64(pid):
			sum += time.Duration(user+system) * tick
		}
	}
	return sum
}
