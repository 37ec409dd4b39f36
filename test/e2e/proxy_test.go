package e2e_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// unruly is a TCP proxy that loses connections before the request arrives, loses
// replies after it did, delays both, and delivers requests twice, by chance.
type unruly struct {
	target string
	l      net.Listener

	mu                             sync.Mutex
	chance                         *rand.Rand
	passed, lost, mute, late, twin int
}

func newUnruly(t *testing.T, target string, seed uint64) *unruly {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &unruly{target: target, l: l, chance: rand.New(rand.NewPCG(seed, 2022_2555))}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go u.serve(c)
		}
	}()
	t.Cleanup(func() { l.Close() })
	return u
}

func (u *unruly) url() string { return "http://" + u.l.Addr().String() }

// fate draws what happens to a request.
func (u *unruly) fate() (lose, mute, twice bool, wait time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.passed++
	if lose = u.chance.Float64() < 0.2; lose {
		u.lost++
		return
	}
	if mute = u.chance.Float64() < 0.2; mute {
		u.mute++
	}
	if twice = u.chance.Float64() < 0.3; twice {
		u.twin++
	}
	if u.chance.Float64() < 0.3 {
		u.late++
		wait = time.Duration(u.chance.IntN(100)) * time.Millisecond
	}
	return
}

func (u *unruly) serve(c net.Conn) {
	defer c.Close()
	var raw bytes.Buffer
	in := bufio.NewReader(io.TeeReader(c, &raw))
	for {
		raw.Reset()
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		request := bytes.Clone(raw.Bytes())
		lose, mute, twice, wait := u.fate()
		if lose {
			return
		}
		time.Sleep(wait)
		reply, err := u.forward(r, request)
		if err == nil && twice {
			reply, err = u.forward(r, request)
		}
		if err != nil || mute {
			return
		}
		if _, err := c.Write(reply); err != nil {
			return
		}
	}
}

// forward sends the bytes of a request and returns those of the reply.
func (u *unruly) forward(r *http.Request, request []byte) (reply []byte, err error) {
	c, err := net.Dial("tcp", u.target)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	res, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c, &raw)), r)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return nil, err
	}
	return raw.Bytes(), res.Body.Close()
}
