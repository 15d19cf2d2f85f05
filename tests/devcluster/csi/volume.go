package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	mebibyte    = 1 << 20
	minimumSize = 300 * mebibyte // mkfs.xfs makes nothing smaller
	movable     = "_movable"     // where the volumes are that no node keeps; cannot be a node's name
)

var safeName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)

// driver answers all three CSI services. What it knows is in the backing files and in the kernel's mount
// table, so it may be killed and started at any time.
type driver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedControllerServer
	csi.UnimplementedNodeServer
	node    string
	volumes string
	turn    sync.Mutex
}

// volume is a backing file; its id says in whose directory it is.
type volume struct {
	id   string
	file string
	size int64 // 0: it does not exist
}

// volume looks for what an id names, and refuses what could lead out of the directory.
func (d *driver) volume(id string) (volume, error) {
	place, name, _ := strings.Cut(id, "/")
	if id == "" {
		return volume{}, invalid("no volume id")
	}
	if !safeName.MatchString(place) || !safeName.MatchString(name) {
		return volume{}, status.Errorf(codes.NotFound, "%q is not a volume of this driver", id)
	}
	v := volume{id: id, file: filepath.Join(d.volumes, place, name+".xfs")}
	if info, err := os.Stat(v.file); err == nil {
		v.size = info.Size()
	} else if !os.IsNotExist(err) {
		return v, err
	}
	return v, nil
}

// existing is for calls that make no sense without the volume.
func (d *driver) existing(id string) (volume, error) {
	v, err := d.volume(id)
	if err == nil && v.size == 0 {
		err = status.Errorf(codes.NotFound, "there is no volume %s", id)
	}
	return v, err
}

// create makes the sparse file with an empty XFS in it. Only a complete one gets the volume's name, and a
// second try starts over.
func (v *volume) create(ctx context.Context, size int64) error {
	if err := os.MkdirAll(filepath.Dir(v.file), 0o700); err != nil {
		return err
	}
	unfinished := v.file + ".new"
	_ = os.Remove(unfinished)
	if _, err := run(ctx, "mkfs.xfs", "-q", "-d", fmt.Sprintf("name=%s,file=1,size=%d", unfinished, size)); err != nil {
		return err
	}
	v.size = size
	return os.Rename(unfinished, v.file)
}

// sizeFor picks a size in whole mebibytes that is at least what is required and within the limit.
func sizeFor(wanted *csi.CapacityRange) (int64, error) {
	size := (max(wanted.GetRequiredBytes(), minimumSize) + mebibyte - 1) / mebibyte * mebibyte
	if limit := wanted.GetLimitBytes(); limit > 0 && size > limit {
		return 0, status.Errorf(codes.OutOfRange, "needs %d bytes, the limit is %d", size, limit)
	}
	return size, nil
}

// run is for the tools of util-linux and xfsprogs; a failure tells what the tool said.
func run(ctx context.Context, name string, arguments ...string) (string, error) {
	output, err := exec.CommandContext(ctx, name, arguments...).CombinedOutput()
	said := strings.TrimSpace(string(output))
	if err != nil {
		return said, fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return said, nil
}

func invalid(format string, arguments ...any) error {
	return status.Errorf(codes.InvalidArgument, format, arguments...)
}
