package ports

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// epoll has its attempts in one instance of epoll(7).
type epoll struct {
	fd      int
	sockets []int // by slot; -1: none
	events  []unix.EpollEvent
}

func newPoller(slots int) (poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	p := &epoll{fd: fd, sockets: make([]int, slots), events: make([]unix.EpollEvent, 256)}
	for i := range p.sockets {
		p.sockets[i] = -1
	}
	return p, nil
}

func (p *epoll) start(slot int, to netip.AddrPort) (State, bool, error) {
	family, address := unix.AF_INET, unix.Sockaddr(nil)
	if a := to.Addr().Unmap(); a.Is4() {
		address = &unix.SockaddrInet4{Port: int(to.Port()), Addr: a.As4()}
	} else {
		family, address = unix.AF_INET6, &unix.SockaddrInet6{Port: int(to.Port()), Addr: a.As16()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	switch err {
	case nil:
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
		return 0, false, errBusy
	case unix.EAFNOSUPPORT:
		return Unreachable, true, nil
	default:
		return 0, false, err
	}
	err = unix.Connect(fd, address)
	if err == unix.EINPROGRESS {
		event := unix.EpollEvent{Events: unix.EPOLLOUT | unix.EPOLLONESHOT, Fd: int32(slot)}
		if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
			unix.Close(fd)
			return 0, false, err
		}
		p.sockets[slot] = fd
		return 0, false, nil
	}
	defer unix.Close(fd)
	if err == unix.EADDRNOTAVAIL || err == unix.ENOBUFS || err == unix.EAGAIN {
		return 0, false, errBusy // every local port is in use
	}
	return outcome(fd, err), true, nil
}

// outcome turns the end of connect(2) into a state.
func outcome(fd int, err error) State {
	switch err {
	case nil:
		if self(fd) {
			return Closed
		}
		return Open
	case unix.ECONNREFUSED, unix.ECONNRESET, unix.EPIPE:
		return Closed
	case unix.ETIMEDOUT:
		return Filtered
	}
	return Unreachable
}

// self reports whether a socket is connected to itself, which happens on loopback
// when the kernel picks the asked port as the local one.
func self(fd int) bool {
	local, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	remote, err := unix.Getpeername(fd)
	if err != nil {
		return false
	}
	switch a := local.(type) {
	case *unix.SockaddrInet4:
		b, ok := remote.(*unix.SockaddrInet4)
		return ok && a.Port == b.Port && a.Addr == b.Addr
	case *unix.SockaddrInet6:
		b, ok := remote.(*unix.SockaddrInet6)
		return ok && a.Port == b.Port && a.Addr == b.Addr
	}
	return false
}

func (p *epoll) wait(timeout time.Duration, ended func(int, State)) error {
	for {
		// Rounded up: with zero a worker that waits for a limit would turn in circles.
		n, err := unix.EpollWait(p.fd, p.events, int((timeout+time.Millisecond-1)/time.Millisecond))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range p.events[:n] {
			slot := int(e.Fd)
			fd := p.sockets[slot]
			code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
			if err == nil && code != 0 {
				err = unix.Errno(code)
			}
			s := outcome(fd, err)
			p.drop(slot)
			ended(slot, s)
		}
		if n < len(p.events) {
			return nil
		}
		timeout = 0
	}
}

func (p *epoll) drop(slot int) {
	unix.Close(p.sockets[slot])
	p.sockets[slot] = -1
}

func (p *epoll) close() { unix.Close(p.fd) }
