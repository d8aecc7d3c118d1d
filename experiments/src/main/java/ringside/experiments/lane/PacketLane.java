package ringside.experiments.lane;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;
import ringside.experiments.measure.Subject;
import ringside.hook.HookPoint;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.NetDevice;
import ringside.kernel.net.RxResult;
import ringside.reports.model.LaneResult;

/** The packet filter in one kernel, whatever it is made of. */
public final class PacketLane implements AutoCloseable {
  private final Identity identity;
  private final Lab lab;
  private final NetDevice device;
  private final HookPoint hook;
  private final IntToLongFunction counters;
  private final List<Object[]> events;

  PacketLane(
      Identity identity,
      Lab lab,
      NetDevice device,
      HookPoint hook,
      IntToLongFunction counters,
      List<Object[]> events) {
    this.identity = identity;
    this.lab = lab;
    this.device = device;
    this.hook = hook;
    this.counters = counters;
    this.events = events;
  }

  /**
   * What a lane is.
   *
   * @param id unique in its workload
   * @param baseline id of the built-in lane at the same hook; null for that itself
   * @param artifact what was loaded; null for Java
   */
  public record Identity(
      String id,
      String mechanism,
      String title,
      String hook,
      @Nullable String baseline,
      LaneResult.@Nullable Artifact artifact) {}

  /** What it is. */
  public Identity identity() {
    return identity;
  }

  /** Delivers frames; true where the filter dropped one. */
  public List<Boolean> deliver(List<byte[]> frames) {
    List<Boolean> dropped = new ArrayList<>();
    lab.inGuest(() -> {
      for (byte[] frame : frames) {
        RxResult result = lab.kernel().net().receive(device, frame);
        dropped.add(
            switch (result) {
              case XDP_DROP, NF_DROP -> true;
              case DELIVERED, NO_HANDLER -> false;
              default -> throw new IllegalStateException(identity.id() + ": a frame met " + result);
            });
      }
      return 0;
    });
    return dropped;
  }

  /**
   * The counters, packets and bytes a rule, and behind them those of packets that no rule matched.
   *
   * @param rules names of the rules, in order
   */
  public Map<String, Long> counters(List<String> rules) {
    Map<String, Long> read = new LinkedHashMap<>();
    for (int i = 0; i < rules.size(); i++) {
      read(read, rules.get(i), i);
    }
    read(read, "no rule", PacketLanes.RULES);
    return read;
  }

  private void read(Map<String, Long> into, String name, int index) {
    Memory memory = lab.kernel().memory();
    long counter = counters.applyAsLong(index);
    into.put(name + ": packets", memory.readLong(counter));
    into.put(name + ": bytes", memory.readLong(counter + 8));
  }

  /** The filter on recorded packets, to be timed. */
  public Subject timed() {
    return new HookLoop(lab, hook, events);
  }

  @Override
  public void close() {
    lab.close();
  }
}
