package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/kubernetes-csi/csi-test/v5/pkg/sanity"
	"google.golang.org/grpc/codes"
)

// These tests need root. They mount in a namespace of their own, which takes everything along at its end.
const (
	namespaced = "DEVCLUSTER_CSI_NAMESPACED"
	stageThere = "DEVCLUSTER_CSI_STAGE"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(stageThere) != "":
		stageAndWait(os.Getenv(stageThere))
	case os.Getenv(namespaced) == "" && os.Geteuid() == 0:
		os.Exit(inNamespace(os.Args[1:]))
	default:
		os.Exit(m.Run())
	}
}

func ownNamespace(variable string, arguments ...string) *exec.Cmd {
	child := exec.Command(os.Args[0], arguments...)
	child.Env = append(os.Environ(), variable)
	child.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	child.Stderr = os.Stderr
	return child
}

func inNamespace(arguments []string) int {
	child := ownNamespace(namespaced+"=1", arguments...)
	child.Stdin, child.Stdout = os.Stdin, os.Stdout
	if err := child.Run(); child.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return child.ProcessState.ExitCode()
}

// stageAndWait is another node: it has the volume mounted in its own namespace until it is killed.
func stageAndWait(volumes string) {
	target := filepath.Join(volumes, "elsewhere")
	in := &csi.NodeStageVolumeRequest{
		VolumeId: movable + "/data", StagingTargetPath: target, VolumeCapability: writer(),
	}
	_, err := (&driver{node: "other", volumes: volumes}).NodeStageVolume(context.Background(), in)
	if err == nil {
		err = os.WriteFile(filepath.Join(target, "written"), []byte("there"), 0o600)
	}
	fmt.Println("staged:", err)
	select {}
}

func otherNode(t *testing.T, volumes string) *exec.Cmd {
	t.Helper()
	other := ownNamespace(stageThere + "=" + volumes)
	output, err := other.StdoutPipe()
	if err == nil {
		err = other.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { powerOff(other) })
	if said, _ := bufio.NewReader(output).ReadString('\n'); said != "staged: <nil>\n" {
		t.Fatalf("the other node said %q", said)
	}
	return other
}

func powerOff(node *exec.Cmd) {
	_ = node.Process.Kill()
	_ = node.Wait()
}

// mountedVolume is a volume that one pod has.
type mountedVolume struct {
	client
	*csi.Volume
	file, staged, published string
}

func mountVolume(t *testing.T, adapt ...func(*csi.NodePublishVolumeRequest)) mountedVolume {
	t.Helper()
	needsRoot(t)
	volumes, kubelet := t.TempDir(), t.TempDir()
	c, _ := start(t, "worker", volumes)
	v := mountedVolume{
		client: c, Volume: c.create(t, request("data")), file: filepath.Join(volumes, "worker", "data.xfs"),
		staged: filepath.Join(kubelet, "staged"), published: filepath.Join(kubelet, "pod", "mount"),
	}
	t.Cleanup(func() { v.release(t) })
	v.stage(t)
	in := &csi.NodePublishVolumeRequest{
		VolumeId: v.VolumeId, StagingTargetPath: v.staged, TargetPath: v.published, VolumeCapability: writer(),
	}
	for _, change := range adapt {
		change(in)
	}
	if _, err := c.NodePublishVolume(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	return v
}

func needsRoot(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves out what needs root")
	}
}

func (v mountedVolume) stage(t *testing.T) {
	t.Helper()
	in := &csi.NodeStageVolumeRequest{VolumeId: v.VolumeId, StagingTargetPath: v.staged, VolumeCapability: writer()}
	if _, err := v.NodeStageVolume(context.Background(), in); err != nil {
		t.Fatal(err)
	}
}

func (v mountedVolume) release(t *testing.T) {
	t.Helper()
	unpublish := &csi.NodeUnpublishVolumeRequest{VolumeId: v.VolumeId, TargetPath: v.published}
	if _, err := v.NodeUnpublishVolume(context.Background(), unpublish); err != nil {
		t.Error(err)
	}
	unstage := &csi.NodeUnstageVolumeRequest{VolumeId: v.VolumeId, StagingTargetPath: v.staged}
	if _, err := v.NodeUnstageVolume(context.Background(), unstage); err != nil {
		t.Error(err)
	}
}

func (v mountedVolume) grow(t *testing.T, size int64) int64 {
	t.Helper()
	out, err := v.NodeExpandVolume(context.Background(), &csi.NodeExpandVolumeRequest{
		VolumeId: v.VolumeId, VolumePath: v.published, StagingTargetPath: v.staged,
		CapacityRange: &csi.CapacityRange{RequiredBytes: size},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.GetCapacityBytes()
}

func (v mountedVolume) usage(t *testing.T, unit csi.VolumeUsage_Unit) *csi.VolumeUsage {
	t.Helper()
	in := &csi.NodeGetVolumeStatsRequest{VolumeId: v.VolumeId, VolumePath: v.published}
	out, err := v.NodeGetVolumeStats(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, usage := range out.GetUsage() {
		if usage.GetUnit() == unit {
			return usage
		}
	}
	t.Fatalf("no usage in %s", unit)
	return nil
}

func loopDevices(t *testing.T, file string) string {
	t.Helper()
	said, err := exec.Command("losetup", "--noheadings", "--output", "NAME", "--associated", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(said))
}

// fill writes until nothing more fits and says how much did.
func fill(path string) (written int64, err error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for chunk := make([]byte, mebibyte); err == nil; {
		var count int
		count, err = file.Write(chunk)
		written += int64(count)
	}
	return written, err
}

func TestVolumeIsReallyFullAtItsSize(t *testing.T) {
	v := mountVolume(t)
	written, err := fill(filepath.Join(v.published, "big"))
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if written > minimumSize || written < minimumSize/2 {
		t.Errorf("%d MiB fitted into %d MiB", written/mebibyte, minimumSize/mebibyte)
	}
}

func TestFullVolumeGrowsWhileAFileIsOpen(t *testing.T) {
	v := mountVolume(t)
	path := filepath.Join(v.published, "big")
	if _, err := fill(path); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	open, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if got := v.grow(t, 2*minimumSize); got != 2*minimumSize {
		t.Errorf("grown to %d", got)
	}
	if _, err := open.Write(make([]byte, minimumSize/2)); err != nil {
		t.Error(err)
	}
	if total := v.usage(t, csi.VolumeUsage_BYTES).GetTotal(); total < minimumSize*3/2 {
		t.Errorf("the file system has %d bytes", total)
	}
}

func TestGrowingTwiceOrToLessChangesNothing(t *testing.T) {
	v := mountVolume(t)
	for _, size := range []int64{2 * minimumSize, 2 * minimumSize, minimumSize} {
		if got := v.grow(t, size); got != 2*minimumSize {
			t.Errorf("%d gives %d", size, got)
		}
	}
}

func TestStatisticsFollowWhatIsWritten(t *testing.T) {
	v := mountVolume(t)
	bytes, inodes := v.usage(t, csi.VolumeUsage_BYTES), v.usage(t, csi.VolumeUsage_INODES)
	if err := os.WriteFile(filepath.Join(v.published, "data"), make([]byte, 10*mebibyte), 0o600); err != nil {
		t.Fatal(err)
	}
	if more := v.usage(t, csi.VolumeUsage_BYTES).GetUsed() - bytes.GetUsed(); more < 10*mebibyte {
		t.Errorf("only %d bytes more are used", more)
	}
	if more := v.usage(t, csi.VolumeUsage_INODES).GetUsed() - inodes.GetUsed(); more < 1 {
		t.Errorf("%d inodes more are used", more)
	}
}

func TestDataOutlivesPodAndMount(t *testing.T) {
	v := mountVolume(t)
	if err := os.WriteFile(filepath.Join(v.published, "data"), []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	v.release(t)
	v.stage(t)
	if kept, err := os.ReadFile(filepath.Join(v.staged, "data")); err != nil || string(kept) != "kept" {
		t.Errorf("read %q, %v", kept, err)
	}
}

func TestReleasingFreesTheLoopDeviceAndTheDirectoryAndDoesNotMindASecondTime(t *testing.T) {
	v := mountVolume(t)
	if loopDevices(t, v.file) == "" {
		t.Error("no loop device while it is mounted")
	}
	v.release(t)
	v.release(t)
	if _, err := os.Stat(v.published); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the pod's directory is still there (%v)", err)
	}
	eventually(t, "the loop device is free", func() bool { return loopDevices(t, v.file) == "" })
}

func TestStagingTwiceMountsOnce(t *testing.T) {
	v := mountVolume(t)
	v.stage(t)
	if devices := loopDevices(t, v.file); strings.Count(devices, "/dev/loop") != 1 {
		t.Errorf("loop devices %q", devices)
	}
}

func TestReadOnlyPodCannotWrite(t *testing.T) {
	v := mountVolume(t, func(in *csi.NodePublishVolumeRequest) { in.Readonly = true })
	if err := os.WriteFile(filepath.Join(v.published, "data"), nil, 0o600); !errors.Is(err, syscall.EROFS) {
		t.Errorf("got %v", err)
	}
}

func TestUnpublishingKeepsWhatIsNotAMount(t *testing.T) {
	v := mountVolume(t)
	v.release(t)
	precious := filepath.Join(v.published, "precious")
	if err := errors.Join(os.MkdirAll(v.published, 0o700), os.WriteFile(precious, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	in := &csi.NodeUnpublishVolumeRequest{VolumeId: v.VolumeId, TargetPath: v.published}
	if _, err := v.NodeUnpublishVolume(context.Background(), in); err == nil {
		t.Error("a directory with data in it was accepted")
	}
	if err := os.Remove(precious); err != nil {
		t.Error(err)
	}
}

func TestVolumeGoesToOneNodeAtATimeAndComesFreeWithAPowerOff(t *testing.T) {
	needsRoot(t)
	volumes, target := t.TempDir(), filepath.Join(t.TempDir(), "staged")
	c, _ := start(t, "worker", volumes)
	volume := c.create(t, request("data", canMove))
	other := otherNode(t, volumes)

	in := &csi.NodeStageVolumeRequest{VolumeId: volume.VolumeId, StagingTargetPath: target, VolumeCapability: writer()}
	_, err := c.NodeStageVolume(context.Background(), in)
	wantCode(t, err, codes.FailedPrecondition)

	powerOff(other)
	eventually(t, "the volume can be staged here", func() bool {
		_, err := c.NodeStageVolume(context.Background(), in)
		return err == nil
	})
	t.Cleanup(func() { _ = syscall.Unmount(target, 0) })
	if found, err := os.ReadFile(filepath.Join(target, "written")); err != nil || string(found) != "there" {
		t.Errorf("read %q, %v", found, err)
	}
}

func TestDriverFollowsTheSpecification(t *testing.T) {
	needsRoot(t)
	_, run := start(t, "worker", t.TempDir())
	config := sanity.NewTestConfig()
	config.Address = filepath.Join(run, "csi.sock")
	config.TargetPath = filepath.Join(run, "target")
	config.StagingPath = filepath.Join(run, "staging")
	config.TestVolumeSize = minimumSize
	config.TestVolumeExpandSize = 2 * minimumSize
	config.TestVolumeMutableParameters = map[string]string{iopsKey: "100"}
	sanity.Test(t, config)
}
