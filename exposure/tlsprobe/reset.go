package tlsprobe

import (
	"errors"
	"syscall"
)

// isReset reports whether the other side tore the connection down.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
