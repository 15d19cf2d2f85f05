package main

import (
	"context"
	"os"
	"strconv"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

const iopsKey = "iops"

// change is what a VolumeAttributesClass asks for; 0 leaves the speed as it is.
type change struct{ iops uint64 }

// parse refuses what this driver does not know, so that Kubernetes tells of a class that can't be had.
func parse(parameters map[string]string) (change, error) {
	var wanted change
	for key, value := range parameters {
		if key != iopsKey {
			return change{}, invalid("no such parameter: %q; only %s can be changed", key, iopsKey)
		}
		iops, err := strconv.ParseUint(value, 10, 31)
		if err != nil || iops == 0 {
			return change{}, invalid("%s is to be a positive number, not %q", iopsKey, value)
		}
		wanted.iops = iops
	}
	return wanted, nil
}

// ControllerModifyVolume keeps what was asked for with the volume and slows nothing down: it is there so
// that the way to it can be tried. A second call writes the same once more.
func (d *driver) ControllerModifyVolume(
	_ context.Context, in *csi.ControllerModifyVolumeRequest,
) (*csi.ControllerModifyVolumeResponse, error) {
	v, err := d.existing(in.GetVolumeId())
	if err != nil {
		return nil, err
	}
	wanted, err := parse(in.GetMutableParameters())
	if err == nil {
		err = v.modify(wanted)
	}
	if err != nil {
		return nil, err
	}
	return &csi.ControllerModifyVolumeResponse{}, nil
}

// speedFile holds a volume's IOPS, beside its backing file.
func (v *volume) speedFile() string {
	return strings.TrimSuffix(v.file, ".xfs") + ".iops"
}

// modify writes all of it or nothing.
func (v *volume) modify(wanted change) error {
	if wanted.iops == 0 {
		return nil
	}
	unfinished := v.speedFile() + ".new"
	if err := os.WriteFile(unfinished, []byte(strconv.FormatUint(wanted.iops, 10)+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, v.speedFile())
}
