package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Access;
import ringside.kernel.mm.MemoryFault;

/** What all maps of one kernel share: memory, objects of programs, timers, destructors of kptrs. */
public final class MapRuntime implements BtfRecord.KernelStructs {
  private final KernelCore core;
  private final Map<String, LongConsumer> destructors = new TreeMap<>();
  private final BpfObjects objects;
  private final AsyncCallbacks callbacks;

  private final MapTable table;
  private final int cpus;
  private final Map<Long, RingbufMap> rings = new TreeMap<>();
  private IntPredicate devices = _ -> true;

  MapRuntime(KernelCore core, MapTable table, int cpus) {
    this.core = core;
    this.cpus = cpus;
    this.table = table;
    this.objects = new BpfObjects(this);
    this.callbacks = new AsyncCallbacks(core);
    // register_btf_id_dtor_kfuncs() of the kernel; whoever owns the struct sets what really
    // happens.
    for (String struct : Set.of("task_struct", "cgroup", "bpf_cpumask", "bpf_crypto_ctx")) {
      destructors.put(struct, _ -> {});
    }
  }

  /** {@code num_possible_cpus()}: how many processors have values of their own. */
  public int cpus() {
    return cpus;
  }

  /** The kernel. */
  public KernelCore core() {
    return core;
  }

  /** Objects of {@code bpf_obj_new}, lists, trees and kptrs. */
  public BpfObjects objects() {
    return objects;
  }

  /** Timers and work queues in values. */
  public AsyncCallbacks callbacks() {
    return callbacks;
  }

  /**
   * Sets what becomes of a referenced kptr that dies with its map value.
   *
   * @param struct the kernel struct's name
   * @param release takes the object's address
   */
  public void setDestructor(String struct, LongConsumer release) {
    destructors.put(struct, release);
  }

  /** Sets which {@code ifindex} values are network devices. */
  public void setDevices(IntPredicate exists) {
    devices = exists;
  }

  boolean isDevice(int ifindex) {
    return devices.test(ifindex);
  }

  void addRing(long base, RingbufMap ring) {
    rings.put(base, ring);
  }

  void removeRing(long base) {
    rings.remove(base);
  }

  /**
   * The ring buffer that a reserved record belongs to, found by the record's header.
   *
   * @throws MemoryFault where the header leads nowhere, as the kernel's would
   */
  @TruffleBoundary
  public RingbufMap ringOf(long record) {
    long base = RingbufMap.baseOf(core.memory(), record);
    RingbufMap ring = rings.get(base);
    if (ring == null) {
      throw new MemoryFault(base, Long.BYTES, Access.READ, null);
    }
    return ring;
  }

  /** The map that programs know by an address, or null. */
  public @Nullable BpfMap mapAt(long address) {
    return table.at(address);
  }

  /** The id of the map at an address; 0 where there is none. */
  int idAt(long address) {
    BpfMap map = table.at(address);
    return map == null ? 0 : map.descriptor().id();
  }

  /** Gives up a reference on the map at an address. */
  void releaseAt(long address) {
    BpfMap map = address == 0 ? null : table.at(address);
    if (map != null) {
      table.release(map);
    }
  }

  void destroy(String struct, long object) {
    destructors.getOrDefault(struct, _ -> {}).accept(object);
  }

  @Override
  public Btf btf() {
    return core.layouts().btf();
  }

  @Override
  public Set<String> destructible() {
    return destructors.keySet();
  }
}
