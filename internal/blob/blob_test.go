package blob_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/nisaba-platform/nisaba/internal/blob"
)

func open(t *testing.T) (*blob.Dir, string) {
	t.Helper()
	root := t.TempDir()
	d, err := blob.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return d, root
}

func files(t *testing.T, root string) (n int) {
	t.Helper()
	err := filepath.WalkDir(root, func(_ string, e os.DirEntry, err error) error {
		if !e.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPut(t *testing.T) {
	d, root := open(t)
	pdf := []byte("%PDF-1.7 and more")
	f, err := d.Put(bytes.NewReader(pdf), 100)
	if err != nil || f.Bytes != int64(len(pdf)) || f.Type != "application/pdf" {
		t.Fatalf("stored %+v, %v", f, err)
	}
	if again, err := d.Put(bytes.NewReader(pdf), 100); err != nil || again != f || files(t, root) != 1 {
		t.Errorf("the same file again: %+v, %v, %d files", again, err, files(t, root))
	}
	r, err := d.Open(f.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, _ := io.ReadAll(r); !bytes.Equal(got, pdf) {
		t.Errorf("read back %q", got)
	}
	if f, err := d.Put(strings.NewReader("<script>alert(1)</script>"), 100); err != nil || f.Type != "text/html; charset=utf-8" {
		t.Errorf("a page: %+v, %v", f, err)
	}
	if f, err := d.Put(strings.NewReader(""), 100); err != nil || f.Bytes != 0 {
		t.Errorf("an empty file: %+v, %v", f, err)
	}
}

func TestPutLeavesNothing(t *testing.T) {
	d, root := open(t)
	if _, err := d.Put(strings.NewReader("12345"), 4); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("5 bytes of 4: %v", err)
	}
	broken := errors.New("the line went dead")
	if _, err := d.Put(io.MultiReader(strings.NewReader("12"), iotest.ErrReader(broken)), 100); !errors.Is(err, broken) {
		t.Errorf("a broken upload: %v", err)
	}
	if n := files(t, root); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

func TestOpenRefusesPaths(t *testing.T) {
	d, _ := open(t)
	for _, key := range []string{"", "../incoming", "/etc/passwd", strings.Repeat("a", 64), strings.Repeat("A", 64), strings.Repeat("../", 22)[:64]} {
		if _, err := d.Open(key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestVerifyFindsAlteredBytes(t *testing.T) {
	d, root := open(t)
	f, err := d.Put(strings.NewReader("evidence"), 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(f.SHA256); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(root, f.SHA256[:2], f.SHA256), []byte("Evidence"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(f.SHA256); err == nil {
		t.Error("an altered file passed")
	}
}

// TestSweep: what a broken upload left is removed after its time; one that goes on,
// and what is stored, stay.
func TestSweep(t *testing.T) {
	d, root := open(t)
	f, err := d.Put(strings.NewReader("stored"), 100)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for name, age := range map[string]time.Duration{"put-old": 48 * time.Hour, "put-now": 0} {
		path := filepath.Join(root, "incoming", name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := d.Sweep(now.Add(-24 * time.Hour)); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := os.Stat(filepath.Join(root, "incoming", "put-now")); err != nil {
		t.Errorf("an upload that goes on: %v", err)
	}
	if err := d.Verify(f.SHA256); err != nil {
		t.Error(err)
	}
}

func TestPutAtTheSameTime(t *testing.T) {
	d, root := open(t)
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := d.Put(strings.NewReader("the same"), 100); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := files(t, root); n != 1 {
		t.Errorf("%d files", n)
	}
}

// TestRemove: an old file goes, one that was stored again stays, and what a Remove
// that broke off had taken aside comes back.
func TestRemove(t *testing.T) {
	d, root := open(t)
	f, err := d.Put(strings.NewReader("once"), 100)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, f.SHA256[:2], f.SHA256)
	age := func() {
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-48*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	limit := time.Now().Add(-24 * time.Hour)
	if gone, err := d.Remove(f.SHA256, limit); gone || err != nil {
		t.Errorf("a young file: gone %t, %v", gone, err)
	}
	age()
	if _, err := d.Put(strings.NewReader("once"), 100); err != nil {
		t.Fatal(err)
	}
	if gone, err := d.Remove(f.SHA256, limit); gone || err != nil || d.Verify(f.SHA256) != nil {
		t.Errorf("a file that was stored again: gone %t, %v", gone, err)
	}
	age()
	if err := os.Rename(path, filepath.Join(root, "incoming", "aside-"+f.SHA256)); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Sweep(limit); n != 0 || err != nil || d.Verify(f.SHA256) != nil {
		t.Errorf("a file that was taken aside: %d, %v", n, err)
	}
	if gone, err := d.Remove(f.SHA256, limit); !gone || err != nil || files(t, root) != 0 {
		t.Errorf("an old file: gone %t, %v", gone, err)
	}
	if gone, err := d.Remove(f.SHA256, limit); gone || err != nil {
		t.Errorf("a file that is not there: gone %t, %v", gone, err)
	}
	if _, err := d.Remove("../incoming", limit); err == nil {
		t.Error("something that is no hash was removed")
	}
}

// TestRemoveAtTheSameTime: whatever is being removed, a file is there once Put has
// ended.
func TestRemoveAtTheSameTime(t *testing.T) {
	d, root := open(t)
	f, err := d.Put(strings.NewReader("again"), 100)
	if err != nil {
		t.Fatal(err)
	}
	path, limit := filepath.Join(root, f.SHA256[:2], f.SHA256), time.Now().Add(-time.Hour)
	for round := range 100 {
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		wait.Go(func() {
			if _, err := d.Put(strings.NewReader("again"), 100); err != nil {
				t.Error(err)
			}
		})
		for range 2 {
			wait.Go(func() {
				if _, err := d.Remove(f.SHA256, limit); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if err := d.Verify(f.SHA256); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}
