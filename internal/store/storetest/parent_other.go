//go:build !linux

package storetest

import "syscall"

// dieWithParent does nothing: only Linux can.
func dieWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr { return attr }
