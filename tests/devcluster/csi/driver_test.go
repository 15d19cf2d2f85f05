package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// client calls a driver through its socket, as kubelet and the sidecars do.
type client struct {
	csi.IdentityClient
	csi.ControllerClient
	csi.NodeClient
}

func connect(t *testing.T, socket string) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return connection
}

// start serves a driver for a node; its files are in the directory.
func start(t *testing.T, node, volumes string) (client, string) {
	t.Helper()
	run := shortDir(t)
	socket := filepath.Join(run, "csi.sock")
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	d := &driver{node: node, volumes: volumes}
	go func() { ended <- d.serve(ctx, socket, filepath.Join(run, "registry")) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the driver listens", func() bool {
		_, err := os.Stat(filepath.Join(run, "registry", driverName+"-reg.sock"))
		return err == nil
	})
	connection := connect(t, socket)
	return client{
		csi.NewIdentityClient(connection), csi.NewControllerClient(connection), csi.NewNodeClient(connection),
	}, run
}

// shortDir is for sockets, whose paths may have 107 characters: a test's TempDir has its name in it.
func shortDir(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("", "csi")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(path) })
	return path
}

func eventually(t *testing.T, what string, probe func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !probe(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func writer() *csi.VolumeCapability {
	mode := csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER
	return &csi.VolumeCapability{
		AccessType: &csi.VolumeCapability_Mount{Mount: &csi.VolumeCapability_MountVolume{}},
		AccessMode: &csi.VolumeCapability_AccessMode{Mode: mode},
	}
}

// request asks for a volume of the smallest size; change adapts it.
func request(name string, change ...func(*csi.CreateVolumeRequest)) *csi.CreateVolumeRequest {
	in := &csi.CreateVolumeRequest{
		Name:               name,
		CapacityRange:      &csi.CapacityRange{RequiredBytes: minimumSize},
		VolumeCapabilities: []*csi.VolumeCapability{writer()},
	}
	for _, adapt := range change {
		adapt(in)
	}
	return in
}

func onNode(node string) func(*csi.CreateVolumeRequest) {
	return func(in *csi.CreateVolumeRequest) {
		where := []*csi.Topology{{Segments: map[string]string{topologyKey: node}}}
		in.AccessibilityRequirements = &csi.TopologyRequirement{Requisite: where, Preferred: where}
	}
}

func canMove(in *csi.CreateVolumeRequest) { in.Parameters = map[string]string{"movable": "true"} }

func (c client) create(t *testing.T, in *csi.CreateVolumeRequest) *csi.Volume {
	t.Helper()
	out, err := c.CreateVolume(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out.GetVolume()
}

func wantCode(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}

func TestSizesAreWholeMebibytesAndNotBelowWhatXFSNeeds(t *testing.T) {
	for _, test := range []struct {
		required, limit, want int64
		code                  codes.Code
	}{
		{required: 0, want: minimumSize},
		{required: 10 * mebibyte, want: minimumSize},
		{required: 1 << 30, want: 1 << 30},
		{required: 1<<30 + 1, want: 1<<30 + mebibyte},
		{required: 1 << 30, limit: 1 << 30, want: 1 << 30},
		{required: 1<<30 + 1, limit: 1<<30 + 2, code: codes.OutOfRange},
		{required: 1, limit: minimumSize - 1, code: codes.OutOfRange},
	} {
		got, err := sizeFor(&csi.CapacityRange{RequiredBytes: test.required, LimitBytes: test.limit})
		wantCode(t, err, test.code)
		if got != test.want {
			t.Errorf("%d..%d gives %d, want %d", test.required, test.limit, got, test.want)
		}
	}
}

func TestVolumeStaysOnTheNodeThatTheSchedulerChose(t *testing.T) {
	volumes := t.TempDir()
	c, _ := start(t, "", volumes)
	volume := c.create(t, request("data", onNode("worker2")))
	if got := volume.GetAccessibleTopology()[0].GetSegments()[topologyKey]; got != "worker2" {
		t.Errorf("accessible from %q", got)
	}
	if _, err := os.Stat(filepath.Join(volumes, "worker2", "data.xfs")); err != nil {
		t.Error(err)
	}
}

func TestMovableVolumeIsAccessibleFromEverywhere(t *testing.T) {
	c, _ := start(t, "worker", t.TempDir())
	if volume := c.create(t, request("data", onNode("worker"), canMove)); volume.GetAccessibleTopology() != nil {
		t.Errorf("only accessible from %v", volume.GetAccessibleTopology())
	}
}

func TestControllerWithoutNodeRefusesAVolumeThatHasNoPlace(t *testing.T) {
	c, _ := start(t, "", t.TempDir())
	_, err := c.CreateVolume(context.Background(), request("data"))
	wantCode(t, err, codes.InvalidArgument)
}

func TestCreatingTwiceGivesTheSameVolume(t *testing.T) {
	volumes := t.TempDir()
	c, _ := start(t, "worker", volumes)
	first := c.create(t, request("data"))
	before, err := os.Stat(filepath.Join(volumes, "worker", "data.xfs"))
	if err != nil {
		t.Fatal(err)
	}
	second := c.create(t, request("data"))
	after, err := os.Stat(filepath.Join(volumes, "worker", "data.xfs"))
	if err != nil {
		t.Fatal(err)
	}
	if first.GetVolumeId() != second.GetVolumeId() || !os.SameFile(before, after) {
		t.Error("the second call made another file")
	}
}

func TestCreatingStartsOverWhereAKilledDriverStopped(t *testing.T) {
	volumes := t.TempDir()
	c, _ := start(t, "worker", volumes)
	unfinished := filepath.Join(volumes, "worker", "data.xfs.new")
	if err := errors.Join(os.Mkdir(filepath.Dir(unfinished), 0o700), os.WriteFile(unfinished, []byte("half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if volume := c.create(t, request("data")); volume.GetCapacityBytes() != minimumSize {
		t.Errorf("got %d bytes", volume.GetCapacityBytes())
	}
}

func TestNewVolumeTakesHardlyAnyDiskSpace(t *testing.T) {
	volumes := t.TempDir()
	c, _ := start(t, "worker", volumes)
	c.create(t, request("data", func(in *csi.CreateVolumeRequest) { in.CapacityRange.RequiredBytes = 100 << 30 }))
	var seen unix.Stat_t
	if err := unix.Stat(filepath.Join(volumes, "worker", "data.xfs"), &seen); err != nil {
		t.Fatal(err)
	}
	if used := seen.Blocks * 512; used > 100*mebibyte {
		t.Errorf("100 GiB take %d MiB", used/mebibyte)
	}
}

func TestRefusedRequests(t *testing.T) {
	c, _ := start(t, "worker", t.TempDir())
	for name, in := range map[string]*csi.CreateVolumeRequest{
		"a name that leads elsewhere": request("../data"),
		"a node that leads elsewhere": request("data", onNode("../etc")),
		"several nodes at once": request("data", func(in *csi.CreateVolumeRequest) {
			in.VolumeCapabilities[0].AccessMode.Mode = csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER
		}),
		"a block device": request("data", func(in *csi.CreateVolumeRequest) {
			in.VolumeCapabilities[0].AccessType = &csi.VolumeCapability_Block{}
		}),
		"another file system": request("data", func(in *csi.CreateVolumeRequest) {
			in.VolumeCapabilities[0].GetMount().FsType = "ext4"
		}),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.CreateVolume(context.Background(), in); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestDeletingRemovesTheFileAndDoesNotMindASecondTime(t *testing.T) {
	volumes := t.TempDir()
	c, _ := start(t, "worker", volumes)
	volume := c.create(t, request("data"))
	for range 2 {
		if _, err := c.DeleteVolume(context.Background(), &csi.DeleteVolumeRequest{VolumeId: volume.GetVolumeId()}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(volumes, "worker", "data.xfs")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there (%v)", err)
	}
}

func TestDeletingDoesNotFollowAnIdOutOfTheDirectory(t *testing.T) {
	volumes := t.TempDir()
	outside := filepath.Join(volumes, "precious.xfs")
	if err := os.WriteFile(outside, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _ := start(t, "worker", filepath.Join(volumes, "below"))
	for _, id := range []string{"../precious", "worker/../../precious", "worker"} {
		if _, err := c.DeleteVolume(context.Background(), &csi.DeleteVolumeRequest{VolumeId: id}); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

func TestKubeletIsToldWhereTheDriverIs(t *testing.T) {
	_, run := start(t, "worker", t.TempDir())
	kubelet := registration.NewRegistrationClient(connect(t, filepath.Join(run, "registry", driverName+"-reg.sock")))
	info, err := kubelet.GetInfo(context.Background(), &registration.InfoRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if info.Name != driverName || info.Endpoint != filepath.Join(run, "csi.sock") || info.Type != "CSIPlugin" {
		t.Errorf("told %v", info)
	}
}

func TestDriverEndsWhenKubeletRefusesIt(t *testing.T) {
	run := shortDir(t)
	ended := make(chan error, 1)
	d := &driver{node: "worker", volumes: run}
	go func() { ended <- d.serve(context.Background(), filepath.Join(run, "csi.sock"), run) }()
	socket := filepath.Join(run, driverName+"-reg.sock")
	eventually(t, "the driver listens", func() bool { _, err := os.Stat(socket); return err == nil })
	kubelet := registration.NewRegistrationClient(connect(t, socket))
	// The answer may be cut off by the end that it causes.
	_, _ = kubelet.NotifyRegistrationStatus(context.Background(), &registration.RegistrationStatus{Error: "no room"})
	if err := <-ended; err == nil {
		t.Error("ended without saying why")
	}
}

func TestDriverTakesTheSocketsOfAKilledPredecessor(t *testing.T) {
	run := shortDir(t)
	if err := os.WriteFile(filepath.Join(run, "csi.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	defer server.Stop()
	if err := listen(server, filepath.Join(run, "csi.sock"), make(chan error, 1)); err != nil {
		t.Error(err)
	}
}
