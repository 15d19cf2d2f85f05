package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

func withParameters(parameters map[string]string) func(*csi.CreateVolumeRequest) {
	return func(in *csi.CreateVolumeRequest) { in.MutableParameters = parameters }
}

func (c client) modify(id string, parameters map[string]string) error {
	in := &csi.ControllerModifyVolumeRequest{VolumeId: id, MutableParameters: parameters}
	_, err := c.ControllerModifyVolume(context.Background(), in)
	return err
}

func wantSpeed(t *testing.T, volumes, want string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(volumes, "worker", "data.iops"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("the volume has %q, not %q", got, want)
	}
}

func TestKubernetesIsToldThatVolumesCanBeModified(t *testing.T) {
	c, _ := start(t, "worker", t.TempDir())
	out, err := c.ControllerGetCapabilities(context.Background(), &csi.ControllerGetCapabilitiesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, capability := range out.GetCapabilities() {
		if capability.GetRpc().GetType() == csi.ControllerServiceCapability_RPC_MODIFY_VOLUME {
			return
		}
	}
	t.Errorf("only told %v", out.GetCapabilities())
}

func TestVolumeIsMadeWithTheSpeedOfItsClass(t *testing.T) {
	volumes := t.TempDir()
	c, _ := start(t, "worker", volumes)
	for range 2 {
		c.create(t, request("data", withParameters(map[string]string{"iops": "100"})))
		wantSpeed(t, volumes, "100\n")
	}
}

func TestSpeedIsModifiedByAnyDriverOfTheCluster(t *testing.T) {
	volumes := t.TempDir()
	node, _ := start(t, "worker", volumes)
	controller, _ := start(t, "", volumes)
	volume := node.create(t, request("data"))
	wantSpeed(t, volumes, "")
	for _, iops := range []string{"4000", "4000", "300"} {
		if err := controller.modify(volume.GetVolumeId(), map[string]string{"iops": iops}); err != nil {
			t.Fatal(err)
		}
		wantSpeed(t, volumes, iops+"\n")
	}
}

func TestSpeedThatIsNotMentionedStays(t *testing.T) {
	volumes := t.TempDir()
	c, _ := start(t, "worker", volumes)
	volume := c.create(t, request("data", withParameters(map[string]string{"iops": "100"})))
	if err := c.modify(volume.GetVolumeId(), nil); err != nil {
		t.Fatal(err)
	}
	wantSpeed(t, volumes, "100\n")
}

func TestRefusedParametersChangeNothing(t *testing.T) {
	volumes := t.TempDir()
	c, _ := start(t, "worker", volumes)
	volume := c.create(t, request("data", withParameters(map[string]string{"iops": "100"})))
	for name, parameters := range map[string]map[string]string{
		"nothing":           {"iops": "0"},
		"less than nothing": {"iops": "-1"},
		"a part of one":     {"iops": "1.5"},
		"a word":            {"iops": "many"},
		"an empty text":     {"iops": ""},
		"a very large one":  {"iops": "99999999999"},
		"another parameter": {"throughput": "1"},
		"one more":          {"iops": "200", "throughput": "1"},
	} {
		t.Run(name, func(t *testing.T) {
			wantCode(t, c.modify(volume.GetVolumeId(), parameters), codes.InvalidArgument)
			_, err := c.CreateVolume(context.Background(), request("other", withParameters(parameters)))
			wantCode(t, err, codes.InvalidArgument)
			wantSpeed(t, volumes, "100\n")
		})
	}
	if _, err := os.Stat(filepath.Join(volumes, "worker", "other.xfs")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a volume was made all the same (%v)", err)
	}
}

func TestOnlyVolumesThatExistAreModified(t *testing.T) {
	c, _ := start(t, "worker", t.TempDir())
	wantCode(t, c.modify("worker/nothing", map[string]string{"iops": "1"}), codes.NotFound)
	wantCode(t, c.modify("../data", map[string]string{"iops": "1"}), codes.NotFound)
	wantCode(t, c.modify("", map[string]string{"iops": "1"}), codes.InvalidArgument)
}

func TestSpeedGoesWithItsVolume(t *testing.T) {
	volumes := t.TempDir()
	c, _ := start(t, "worker", volumes)
	volume := c.create(t, request("data", withParameters(map[string]string{"iops": "100"})))
	if _, err := c.DeleteVolume(context.Background(), &csi.DeleteVolumeRequest{VolumeId: volume.GetVolumeId()}); err != nil {
		t.Fatal(err)
	}
	wantSpeed(t, volumes, "")
}
