// Command devcluster-csi is the storage driver of the development cluster: XFS file systems in sparse
// files on loop devices, so that a volume's size is enforced and grows while it is in use.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

const (
	driverName  = "devcluster.csi.matriarch"
	topologyKey = driverName + "/node"
)

func main() {
	endpoint := flag.String("endpoint", "", "unix socket that the driver serves")
	node := flag.String("node", "", "name of this node; without one only the controller's calls make sense")
	volumes := flag.String("volumes", "", "directory of the backing files, the same one for all nodes")
	registry := flag.String("registration-dir", "", "kubelet's plugins_registry; without one nothing is registered")
	flag.Parse()
	if *endpoint == "" || *volumes == "" {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	d := &driver{node: *node, volumes: *volumes}
	if err := d.serve(ctx, strings.TrimPrefix(*endpoint, "unix://"), *registry); err != nil {
		slog.Error("cannot serve", "error", err)
		os.Exit(1)
	}
}

// serve answers until ctx ends. The driver is announced to kubelet only when it can be called.
func (d *driver) serve(ctx context.Context, socket, registry string) error {
	ended := make(chan error, 3)
	server := grpc.NewServer(grpc.UnaryInterceptor(d.call))
	csi.RegisterIdentityServer(server, d)
	csi.RegisterControllerServer(server, d)
	csi.RegisterNodeServer(server, d)
	defer server.Stop()
	if err := listen(server, socket, ended); err != nil {
		return err
	}
	if registry != "" {
		announcer := grpc.NewServer()
		registration.RegisterRegistrationServer(announcer, &registrar{socket: socket, ended: ended})
		defer announcer.Stop()
		if err := listen(announcer, filepath.Join(registry, driverName+"-reg.sock"), ended); err != nil {
			return err
		}
	}
	slog.Info("serving", "driver", driverName, "socket", socket, "node", d.node, "volumes", d.volumes)
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}

// listen serves on a unix socket, in place of one that a killed predecessor left.
func listen(server *grpc.Server, path string, ended chan<- error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	_ = os.Remove(path)
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	go func() { ended <- server.Serve(listener) }()
	return nil
}

// call runs one request at a time: all are short, and so none meets a volume that another one works on.
// It logs what changed something or failed; a failure without a code is an internal one.
func (d *driver) call(ctx context.Context, in any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	out, err := next(ctx, in)
	name := filepath.Base(info.FullMethod)
	if _, coded := status.FromError(err); !coded {
		err = status.Error(codes.Internal, err.Error())
	}
	if err != nil {
		slog.Error(name, "request", in, "error", err)
	} else if !strings.Contains(name, "Get") && name != "Probe" {
		slog.Info(name, "request", in)
	}
	return out, err
}

func (d *driver) GetPluginInfo(context.Context, *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: driverName, VendorVersion: "1"}, nil
}

func (d *driver) Probe(context.Context, *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	return &csi.ProbeResponse{}, nil
}

func (d *driver) GetPluginCapabilities(
	context.Context, *csi.GetPluginCapabilitiesRequest,
) (*csi.GetPluginCapabilitiesResponse, error) {
	out := &csi.GetPluginCapabilitiesResponse{}
	for _, kind := range []csi.PluginCapability_Service_Type{
		csi.PluginCapability_Service_CONTROLLER_SERVICE,
		csi.PluginCapability_Service_VOLUME_ACCESSIBILITY_CONSTRAINTS,
	} {
		service := &csi.PluginCapability_Service_{Service: &csi.PluginCapability_Service{Type: kind}}
		out.Capabilities = append(out.Capabilities, &csi.PluginCapability{Type: service})
	}
	return out, nil
}

// registrar tells kubelet, which watches the directory of its socket, where the driver is.
type registrar struct {
	registration.UnimplementedRegistrationServer
	socket string
	ended  chan<- error
}

func (r *registrar) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type: registration.CSIPlugin, Name: driverName, Endpoint: r.socket, SupportedVersions: []string{"1.0.0"},
	}, nil
}

// NotifyRegistrationStatus ends the driver when kubelet refused it: its next start asks again.
func (r *registrar) NotifyRegistrationStatus(
	_ context.Context, in *registration.RegistrationStatus,
) (*registration.RegistrationStatusResponse, error) {
	if !in.PluginRegistered {
		r.ended <- fmt.Errorf("kubelet refused the driver: %s", in.Error)
	}
	return &registration.RegistrationStatusResponse{}, nil
}
