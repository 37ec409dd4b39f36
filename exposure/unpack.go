package exposure

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Unpack reads a file that an operator imports, compressed with gzip or not. It holds
// most bytes unpacked at the utmost: a longer one fails when it is read, since the rest
// of a list must not be missing in silence. An empty file is an error.
func Unpack(r io.Reader, most int64) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.Peek(2)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("read the file: %w", err)
	case len(head) == 0:
		return nil, errors.New("the file is empty")
	case !bytes.Equal(head, []byte{0x1f, 0x8b}):
		return bufio.NewReaderSize(&bounded{in, most}, 1<<16), nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be unpacked: %w", err)
	}
	return bufio.NewReaderSize(&bounded{z, most}, 1<<16), nil
}

// bounded fails when more than left bytes are read.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errors.New("the file is longer than such files are")
	}
	return n, err
}
