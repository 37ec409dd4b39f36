//go:build !linux

package ports

func newPoller(slots int) (poller, error) { return newPortable(slots), nil }
