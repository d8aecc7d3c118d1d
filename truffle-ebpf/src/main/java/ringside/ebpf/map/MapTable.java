package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.refcount.IdTable;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Gfp;

/** All maps of one kernel. */
public final class MapTable {
  /** {@code sizeof(struct bpf_map)}. */
  private static final int STRUCT_BPF_MAP_SIZE = 296;

  private final KernelCore core;
  private final MapRuntime runtime;
  private final TreeMap<Long, BpfMap> byAddress = new TreeMap<>();
  private final IdTable<BpfMap> ids = new IdTable<>();

  /** Makes the empty table of a kernel, whose machine has one processor. */
  public MapTable(KernelCore core) {
    this(core, 1);
  }

  /** Makes the empty table of a kernel that reckons with more processors than there are. */
  MapTable(KernelCore core, int cpus) {
    this.core = core;
    this.runtime = new MapRuntime(core, this, cpus);
  }

  /** Creates a map for root. */
  public BpfMap create(MapDescriptor shape) throws MapException {
    return create(shape, MapCreator.ROOT);
  }

  /**
   * Creates a map ({@code BPF_MAP_CREATE}), in the kernel's order of checks.
   *
   * @param shape its id is ignored and given anew
   * @throws MapException with the kernel's errno
   */
  public BpfMap create(MapDescriptor shape, MapCreator creator) throws MapException {
    MapChecks.request(shape);
    MapRow row = shape.type().row();
    MapChecks.privilege(row, creator);
    BtfRecord record = MapChecks.values(shape, row, creator, runtime);
    MapDescriptor descriptor = shape.withId(ids.reserve()).withRecord(record);
    MapRow.Factory factory = row.factory();
    if (factory == null) {
      throw new MapException(
          Errno.EINVAL,
          "map type %s needs %s, which this kernel does not have"
              .formatted(shape.type().label(), row.needs()));
    }
    long address = core.slab().kmalloc(STRUCT_BPF_MAP_SIZE, Gfp.KERNEL | Gfp.ZERO);
    if (address == 0) {
      throw new MapException(Errno.ENOMEM, "no memory for a map");
    }
    try {
      BpfMap map = factory.create(runtime, descriptor, address);
      byAddress.put(address, map);
      ids.put(descriptor.id(), map);
      map.onRelease(() -> remove(map));
      return map;
    } catch (MapException e) {
      core.slab().kfree(address);
      throw e;
    }
  }

  /** What the maps share: objects, timers, destructors. */
  public MapRuntime runtime() {
    return runtime;
  }

  /** Gives up the descriptor that creating a map made. */
  public void destroy(BpfMap map) {
    releaseForUser(map);
  }

  /** Gives up a descriptor or a pin ({@code bpf_map_put_with_uref}). */
  @TruffleBoundary
  public void releaseForUser(BpfMap map) {
    if (map.equals(byAddress.get(map.address()))) {
      map.putUser();
    }
  }

  /** Gives up a reference of the kernel ({@code bpf_map_put}). */
  @TruffleBoundary
  public void release(BpfMap map) {
    if (map.equals(byAddress.get(map.address()))) {
      map.put();
    }
  }

  private void remove(BpfMap map) {
    map.free();
    map.storage().free();
    byAddress.remove(map.address());
    ids.remove(map.descriptor().id());
    core.slab().kfree(map.address());
  }

  /** The map that programs know by an address, or null. */
  @TruffleBoundary
  public @Nullable BpfMap at(long address) {
    return byAddress.get(address);
  }

  /** The map with an id, or null. */
  public @Nullable BpfMap byId(int id) {
    return ids.find(id);
  }

  /** The maps by id. */
  public IdTable<BpfMap> ids() {
    return ids;
  }

  /** All maps, oldest first. */
  public List<BpfMap> all() {
    return ids.all();
  }
}
