package main

import (
	"context"
	"os"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"k8s.io/mount-utils"
)

func (d *driver) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	here := &csi.Topology{Segments: map[string]string{topologyKey: d.node}}
	return &csi.NodeGetInfoResponse{NodeId: d.node, AccessibleTopology: here}, nil
}

func (d *driver) NodeGetCapabilities(
	context.Context, *csi.NodeGetCapabilitiesRequest,
) (*csi.NodeGetCapabilitiesResponse, error) {
	out := &csi.NodeGetCapabilitiesResponse{}
	for _, kind := range []csi.NodeServiceCapability_RPC_Type{
		csi.NodeServiceCapability_RPC_STAGE_UNSTAGE_VOLUME,
		csi.NodeServiceCapability_RPC_EXPAND_VOLUME,
		csi.NodeServiceCapability_RPC_GET_VOLUME_STATS,
	} {
		rpc := &csi.NodeServiceCapability_Rpc{Rpc: &csi.NodeServiceCapability_RPC{Type: kind}}
		out.Capabilities = append(out.Capabilities, &csi.NodeServiceCapability{Type: rpc})
	}
	return out, nil
}

// NodeStageVolume mounts the volume on this node. The loop device goes with its last mount, also when the
// node's whole mount namespace dies, so nothing can be left over. No node gets a volume that another one
// still has: kubelet tries again until that one has let go.
func (d *driver) NodeStageVolume(
	ctx context.Context, in *csi.NodeStageVolumeRequest,
) (*csi.NodeStageVolumeResponse, error) {
	v, device, err := d.toMount(in.GetStagingTargetPath(), in.GetVolumeId(), in.GetVolumeCapability())
	if err != nil || device != "" {
		return &csi.NodeStageVolumeResponse{}, err
	}
	holder, err := run(ctx, "losetup", "--noheadings", "--output", "NAME", "--associated", v.file)
	if err != nil {
		return nil, err
	}
	if holder != "" {
		return nil, status.Errorf(codes.FailedPrecondition, "%s is in use elsewhere, on %s", v.id, holder)
	}
	options := append([]string{"loop"}, in.GetVolumeCapability().GetMount().GetMountFlags()...)
	_, err = run(ctx, "mount", "-t", "xfs", "-o", strings.Join(options, ","), v.file, in.GetStagingTargetPath())
	return &csi.NodeStageVolumeResponse{}, err
}

func (d *driver) NodeUnstageVolume(
	_ context.Context, in *csi.NodeUnstageVolumeRequest,
) (*csi.NodeUnstageVolumeResponse, error) {
	return &csi.NodeUnstageVolumeResponse{}, d.unmount(in.GetVolumeId(), in.GetStagingTargetPath())
}

// NodePublishVolume shows the staged file system to one pod.
func (d *driver) NodePublishVolume(
	ctx context.Context, in *csi.NodePublishVolumeRequest,
) (*csi.NodePublishVolumeResponse, error) {
	v, device, err := d.toMount(in.GetTargetPath(), in.GetVolumeId(), in.GetVolumeCapability())
	if err != nil || device != "" {
		return &csi.NodePublishVolumeResponse{}, err
	}
	if device, err := mountedAt(in.GetStagingTargetPath()); err != nil || device == "" {
		return nil, status.Errorf(codes.FailedPrecondition, "%s is not staged", v.id)
	}
	options := "bind"
	if in.GetReadonly() {
		options = "bind,ro"
	}
	_, err = run(ctx, "mount", "-o", options, in.GetStagingTargetPath(), in.GetTargetPath())
	return &csi.NodePublishVolumeResponse{}, err
}

func (d *driver) NodeUnpublishVolume(
	_ context.Context, in *csi.NodeUnpublishVolumeRequest,
) (*csi.NodeUnpublishVolumeResponse, error) {
	err := d.unmount(in.GetVolumeId(), in.GetTargetPath())
	if err == nil {
		err = os.Remove(in.GetTargetPath()) // only ever an empty directory
	}
	if os.IsNotExist(err) {
		err = nil
	}
	return &csi.NodeUnpublishVolumeResponse{}, err
}

// NodeExpandVolume grows file, device and file system while the volume is in use. Each of the three steps
// changes nothing when it was done before.
func (d *driver) NodeExpandVolume(
	ctx context.Context, in *csi.NodeExpandVolumeRequest,
) (*csi.NodeExpandVolumeResponse, error) {
	wanted, err := sizeFor(in.GetCapacityRange())
	if err != nil {
		return nil, err
	}
	v, device, err := d.mounted(in.GetVolumePath(), in.GetVolumeId())
	if err != nil {
		return nil, err
	}
	if v.size < wanted {
		v.size, err = wanted, os.Truncate(v.file, wanted)
	}
	if err == nil {
		_, err = run(ctx, "losetup", "--set-capacity", device)
	}
	if err == nil {
		_, err = run(ctx, "xfs_growfs", "-d", in.GetVolumePath())
	}
	return &csi.NodeExpandVolumeResponse{CapacityBytes: v.size}, err
}

func (d *driver) NodeGetVolumeStats(
	_ context.Context, in *csi.NodeGetVolumeStatsRequest,
) (*csi.NodeGetVolumeStatsResponse, error) {
	if _, _, err := d.mounted(in.GetVolumePath(), in.GetVolumeId()); err != nil {
		return nil, err
	}
	var seen unix.Statfs_t
	if err := unix.Statfs(in.GetVolumePath(), &seen); err != nil {
		return nil, err
	}
	usage := func(unit csi.VolumeUsage_Unit, scale int64, total, free uint64) *csi.VolumeUsage {
		all, rest := int64(total)*scale, int64(free)*scale
		return &csi.VolumeUsage{Unit: unit, Total: all, Used: all - rest, Available: rest}
	}
	return &csi.NodeGetVolumeStatsResponse{Usage: []*csi.VolumeUsage{
		usage(csi.VolumeUsage_BYTES, seen.Bsize, seen.Blocks, seen.Bfree),
		usage(csi.VolumeUsage_INODES, 1, seen.Files, seen.Ffree),
	}}, nil
}

// at is an existing volume and the device that is mounted at the path, if one is.
func (d *driver) at(path, id string) (v volume, device string, err error) {
	if path == "" {
		return v, "", invalid("no path")
	}
	if v, err = d.existing(id); err == nil {
		device, err = mountedAt(path)
	}
	return v, device, err
}

// toMount is the same for a path that is about to be mounted: afterwards there is a directory.
func (d *driver) toMount(path, id string, how *csi.VolumeCapability) (v volume, device string, err error) {
	if err = checkCapabilities(how); err == nil {
		v, device, err = d.at(path, id)
	}
	if err == nil {
		err = os.MkdirAll(path, 0o750)
	}
	return v, device, err
}

// mounted is the same for a path where the volume has to be mounted.
func (d *driver) mounted(path, id string) (v volume, device string, err error) {
	if v, device, err = d.at(path, id); err == nil && device == "" {
		err = status.Errorf(codes.NotFound, "%s is not mounted at %s", id, path)
	}
	return v, device, err
}

// unmount takes away whatever is mounted at the path; the volume itself may be gone already.
func (d *driver) unmount(id, path string) error {
	if id == "" || path == "" {
		return invalid("no volume id or no path")
	}
	for {
		if device, err := mountedAt(path); err != nil || device == "" {
			return err
		}
		if err := unix.Unmount(path, 0); err != nil {
			return &os.PathError{Op: "unmount", Path: path, Err: err}
		}
	}
}

// mountedAt is the device of the topmost mount at the path; empty when nothing is mounted there.
func mountedAt(path string) (device string, err error) {
	mounts, err := mount.ParseMountInfo("/proc/self/mountinfo")
	for _, seen := range mounts {
		if seen.MountPoint == path {
			device = seen.Source
		}
	}
	return device, err
}
