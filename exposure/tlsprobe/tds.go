package tlsprobe

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

// startTDS asks a Microsoft SQL Server for encryption, [MS-TDS] 2.2.6.5. Handshake
// messages travel inside its own packets afterwards, so the connection is wrapped.
func startTDS(c net.Conn) error {
	prelogin := []byte{
		0x12, 1, 0, 0, 0, 0, 0, 0, // packet head; the length follows below
		0, 0, 11, 0, 6, // version at 11
		1, 0, 17, 0, 1, // encryption at 17
		0xff,
		0, 0, 0, 0, 0, 0, // version
		1, // encryption wanted
	}
	binary.BigEndian.PutUint16(prelogin[2:], uint16(len(prelogin)))
	if _, err := c.Write(prelogin); err != nil {
		return err
	}
	body, err := readTDS(c)
	if err != nil {
		return err
	}
	for at := 0; at+5 <= len(body) && body[at] != 0xff; at += 5 {
		offset := int(body[at+1])<<8 | int(body[at+2])
		if body[at] == 1 {
			if offset >= len(body) {
				return errMalformed
			}
			if mode := body[offset]; mode == 0 || mode == 2 {
				return fmt.Errorf("%w: encryption is off", ErrNoStartTLS)
			}
			return nil
		}
	}
	return ErrNoStartTLS
}

// readTDS reads one packet.
func readTDS(r io.Reader) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(head[2:])) - len(head)
	if n < 0 || n > largestRecord {
		return nil, errMalformed
	}
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	return body, err
}

// tdsConn carries TLS records inside packets.
type tdsConn struct {
	net.Conn
	left []byte
}

// Read gives the bytes inside the packets.
func (c *tdsConn) Read(b []byte) (int, error) {
	for len(c.left) == 0 {
		body, err := readTDS(c.Conn)
		if err != nil {
			return 0, err
		}
		c.left = body
	}
	n := copy(b, c.left)
	c.left = c.left[n:]
	return n, nil
}

// Write sends one packet.
func (c *tdsConn) Write(b []byte) (int, error) {
	head := []byte{0x12, 1, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(head[2:], uint16(len(b)+len(head)))
	if _, err := c.Conn.Write(append(head, b...)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Wrap is the connection on which TLS is spoken after StartTLS of a service.
func Wrap(service string, c net.Conn) net.Conn {
	if service == "mssql" {
		return &tdsConn{Conn: c}
	}
	return c
}
