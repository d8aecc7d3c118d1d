package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Gfp;

/** All maps of one kernel. */
public final class MapTable {
  /** About what {@code struct bpf_map} takes. */
  private static final int STRUCT_BPF_MAP_SIZE = 256;

  private final KernelCore core;
  private final TreeMap<Long, BpfMap> byAddress = new TreeMap<>();
  private int nextId = 1;

  /** Makes an empty table. */
  public MapTable(KernelCore core) {
    this.core = core;
  }

  /**
   * Creates a map ({@code BPF_MAP_CREATE}).
   *
   * @param shape its id is ignored and given anew
   * @throws MapException with the kernel's errno
   */
  public BpfMap create(MapDescriptor shape) throws MapException {
    MapDescriptor descriptor =
        new MapDescriptor(
            nextId,
            shape.name(),
            shape.type(),
            shape.keySize(),
            shape.valueSize(),
            shape.maxEntries(),
            shape.flags(),
            shape.inner(),
            shape.frozen(),
            shape.constants());
    long address = core.slab().kmalloc(STRUCT_BPF_MAP_SIZE, Gfp.KERNEL | Gfp.ZERO);
    if (address == 0) {
      throw new MapException(Errno.ENOMEM, "no memory for a map");
    }
    try {
      BpfMap map = open(descriptor, address);
      nextId++;
      byAddress.put(address, map);
      return map;
    } catch (MapException e) {
      core.slab().kfree(address);
      throw e;
    }
  }

  private BpfMap open(MapDescriptor descriptor, long address) throws MapException {
    return switch (descriptor.type()) {
      case ARRAY, PERCPU_ARRAY -> new ArrayMap(core, descriptor, address);
      case HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH -> new HashMap(core, descriptor, address);
      default ->
          throw new MapException(
              Errno.EINVAL, "map type " + descriptor.type().label() + " does not exist here yet");
    };
  }

  /** Removes a map and gives its memory back. */
  public void destroy(BpfMap map) {
    if (byAddress.remove(map.address()) != null) {
      map.free();
      core.slab().kfree(map.address());
    }
  }

  /** The map that programs know by an address, or null. */
  @TruffleBoundary
  public @Nullable BpfMap at(long address) {
    return byAddress.get(address);
  }

  /** All maps, oldest first. */
  public List<BpfMap> all() {
    List<BpfMap> maps = new ArrayList<>(byAddress.values());
    maps.sort((a, b) -> Integer.compare(a.descriptor().id(), b.descriptor().id()));
    return maps;
  }
}
