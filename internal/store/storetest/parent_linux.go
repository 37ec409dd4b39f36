package storetest

import "syscall"

// dieWithParent makes the kernel end the process when the test program dies.
func dieWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	with := *attr
	with.Pdeathsig = syscall.SIGQUIT
	return &with
}
