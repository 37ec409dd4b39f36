package server

import (
	"os"
	"runtime/debug"
)

// Spare keeps the memory of a process that is a server small: garbage is collected
// when the heap has grown by less than half instead of by as much again, which costs a
// page some hundredths of its time. GOGC in the environment says otherwise.
func Spare() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(45)
	}
}
