package main

import (
	"context"
	"os"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// CreateVolume makes the backing file in the directory of the node that the topology asks for. A second
// call with the same name finds the file that the first one made.
func (d *driver) CreateVolume(ctx context.Context, in *csi.CreateVolumeRequest) (*csi.CreateVolumeResponse, error) {
	if !safeName.MatchString(in.GetName()) {
		return nil, invalid("%q cannot be a volume's name", in.GetName())
	}
	if err := checkCapabilities(in.GetVolumeCapabilities()...); err != nil {
		return nil, err
	}
	wanted, err := sizeFor(in.GetCapacityRange())
	if err != nil {
		return nil, err
	}
	change, err := parse(in.GetMutableParameters())
	if err != nil {
		return nil, err
	}
	place := d.placeFor(in)
	if place == "" {
		return nil, invalid("no topology with %s says which node", topologyKey)
	}
	v, err := d.volume(place + "/" + in.GetName())
	if err == nil && v.size == 0 {
		err = v.create(ctx, wanted)
	}
	if err != nil {
		return nil, err
	}
	if v.size < wanted {
		return nil, status.Errorf(codes.AlreadyExists, "%s is there with %d bytes, not %d", v.id, v.size, wanted)
	}
	if err := v.modify(change); err != nil {
		return nil, err
	}
	made := &csi.Volume{VolumeId: v.id, CapacityBytes: v.size}
	if place != movable {
		made.AccessibleTopology = []*csi.Topology{{Segments: map[string]string{topologyKey: place}}}
	}
	return &csi.CreateVolumeResponse{Volume: made}, nil
}

// placeFor follows the StorageClass, then the node that the scheduler chose, then the driver's own node.
func (d *driver) placeFor(in *csi.CreateVolumeRequest) string {
	if in.GetParameters()["movable"] == "true" {
		return movable
	}
	wanted := in.GetAccessibilityRequirements()
	for _, topology := range append(wanted.GetPreferred(), wanted.GetRequisite()...) {
		if node := topology.GetSegments()[topologyKey]; node != "" {
			return node
		}
	}
	return d.node
}

// checkCapabilities accepts mounted XFS that one node uses at a time.
func checkCapabilities(capabilities ...*csi.VolumeCapability) error {
	if len(capabilities) == 0 || capabilities[0] == nil {
		return invalid("no volume capability")
	}
	for _, capability := range capabilities {
		kind, mode := capability.GetMount().GetFsType(), capability.GetAccessMode().GetMode()
		switch {
		case capability.GetMount() == nil:
			return invalid("only mounted volumes, no block devices")
		case kind != "" && kind != "xfs":
			return invalid("only xfs, not %s", kind)
		case mode != csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER &&
			mode != csi.VolumeCapability_AccessMode_SINGLE_NODE_READER_ONLY:
			return invalid("only one node at a time, not %s", mode)
		}
	}
	return nil
}

// DeleteVolume removes the file; where it is still mounted, the disk space follows with the unmount.
func (d *driver) DeleteVolume(_ context.Context, in *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	v, err := d.volume(in.GetVolumeId())
	if err == nil {
		_ = os.Remove(v.speedFile())
		err = os.Remove(v.file)
	}
	if os.IsNotExist(err) || status.Code(err) == codes.NotFound {
		err = nil // gone, or an id that this driver never gave
	}
	return &csi.DeleteVolumeResponse{}, err
}

func (d *driver) ValidateVolumeCapabilities(
	_ context.Context, in *csi.ValidateVolumeCapabilitiesRequest,
) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	_, err := d.existing(in.GetVolumeId())
	if err == nil {
		err = checkCapabilities(in.GetVolumeCapabilities()...)
	}
	if err != nil {
		return nil, err
	}
	confirmed := &csi.ValidateVolumeCapabilitiesResponse_Confirmed{VolumeCapabilities: in.GetVolumeCapabilities()}
	return &csi.ValidateVolumeCapabilitiesResponse{Confirmed: confirmed}, nil
}

// ControllerGetCapabilities leaves expansion out: kubelet does it on the node that has the volume, so that
// one csi-resizer, which then only marks the PersistentVolume, serves all nodes.
func (d *driver) ControllerGetCapabilities(
	context.Context, *csi.ControllerGetCapabilitiesRequest,
) (*csi.ControllerGetCapabilitiesResponse, error) {
	out := &csi.ControllerGetCapabilitiesResponse{}
	for _, kind := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
		csi.ControllerServiceCapability_RPC_MODIFY_VOLUME,
	} {
		rpc := &csi.ControllerServiceCapability_Rpc{Rpc: &csi.ControllerServiceCapability_RPC{Type: kind}}
		out.Capabilities = append(out.Capabilities, &csi.ControllerServiceCapability{Type: rpc})
	}
	return out, nil
}
