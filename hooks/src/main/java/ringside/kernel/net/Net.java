package ringside.kernel.net;

import java.util.ArrayList;
import java.util.List;
import ringside.hook.HookRegistry;
import ringside.hook.VerdictPolicy;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.text.KernelFunction;

/** The network of one kernel: {@code lo} and {@code eth0}. */
public final class Net {
  /** Frames that one softirq takes off the ring ({@code NAPI_POLL_WEIGHT}). */
  private static final int NAPI_POLL_WEIGHT = 64;

  private final KernelCore core;
  private final List<NetDevice> devices = new ArrayList<>();
  private final Netfilter netfilter;
  private final Sockets sockets;
  private final RxPath path;

  /** Brings up the devices. */
  public Net(KernelCore core, HookRegistry hooks) {
    this.core = core;
    StructLayout layout = core.layouts().of("net");
    long net = core.symbols().defineData("init_net", layout.size(), KernelFunction.Export.ALL);
    core.memory().writeInt(net + layout.offset("passive"), 1);
    long okfn = core.symbols().define("ip_rcv_finish", KernelFunction.Export.NONE, args -> 0);
    Packets packets = new Packets(core);
    core.symbols().register(packets);
    this.netfilter = new Netfilter(hooks);
    for (String name : List.of("lo", "eth0")) {
      devices.add(
          new NetDevice(
              core,
              name,
              devices.size() + 1,
              name.equals("lo"),
              net,
              hooks.create("xdp/" + name, VerdictPolicy.SINGLE)));
    }
    core.memory().writeLong(net + layout.offset("loopback_dev"), devices.getFirst().address());
    this.sockets = new Sockets(core, packets, this, net);
    this.path = new RxPath(core, packets, netfilter, sockets, net, okfn);
  }

  /**
   * The device of that name.
   *
   * @throws IllegalArgumentException where there is none; {@link #devices} lists them
   */
  public NetDevice device(String name) {
    for (NetDevice device : devices) {
      if (device.name().equals(name)) {
        return device;
      }
    }
    throw new IllegalArgumentException("no network device " + name + "; there are " + devices);
  }

  /** All devices, by index. */
  public List<NetDevice> devices() {
    return List.copyOf(devices);
  }

  /** The sockets. */
  public Sockets sockets() {
    return sockets;
  }

  /** The netfilter hooks. */
  public Netfilter netfilter() {
    return netfilter;
  }

  /**
   * A frame arrives: the receive softirq runs, with whatever is attached on its way.
   *
   * <p>The device takes frames for any unicast address as its own, as a replay needs. Runs with the
   * kernel's guest context entered.
   *
   * @param frame from the Ethernet header on
   * @throws ringside.kernel.trap.KernelPanic where an extension faulted: in interrupt context an
   *     oops is fatal
   */
  public RxResult receive(NetDevice device, byte[] frame) {
    RxResult[] result = new RxResult[1];
    replay(device, new byte[][] {frame}, result);
    return result[0];
  }

  /**
   * Many frames arrive, as {@link #receive} says, at the cost of one softirq for 64 of them.
   *
   * @param frames the frames; only read
   * @param results gets what became of each; as long as {@code frames}
   */
  public void replay(NetDevice device, byte[][] frames, RxResult[] results) {
    for (int from = 0; from < frames.length; from += NAPI_POLL_WEIGHT) {
      int first = from;
      int behind = Math.min(frames.length, from + NAPI_POLL_WEIGHT);
      core.traps().enterInterrupt();
      try {
        core.traps().protect(() -> poll(device, frames, results, first, behind));
      } finally {
        core.traps().exitInterrupt();
      }
    }
  }

  private long poll(NetDevice device, byte[][] frames, RxResult[] results, int from, int behind) {
    for (int i = from; i < behind; i++) {
      RxResult result = path.receive(device, frames[i]);
      device.count(result, frames[i].length);
      results[i] = result;
    }
    return 0;
  }
}
