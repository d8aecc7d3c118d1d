package ringside.ebpf.loader;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapException;
import ringside.ebpf.map.MapProgram;
import ringside.ebpf.map.MapType;
import ringside.ebpf.map.UserMap;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.BpfObject.MapDefinition;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.ebpf.object.BpfObject.Slot;
import ringside.ebpf.object.ObjectException;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.verifier.VerifierInput;

/** One object's maps in one kernel, and what to load its programs with. */
public final class ObjectLoader {
  private static final int NAME_LIMIT = 15;

  private final Bpf bpf;
  private final BpfObject object;
  private final List<BpfMap> maps;

  private ObjectLoader(Bpf bpf, BpfObject object, List<BpfMap> maps) {
    this.bpf = bpf;
    this.object = object;
    this.maps = maps;
  }

  /**
   * Creates an object's maps with their initial contents.
   *
   * @throws MapRefused where the kernel refuses one
   */
  public static ObjectLoader open(Bpf bpf, BpfObject object) {
    List<BpfMap> maps = new ArrayList<>();
    for (MapDefinition definition : object.maps()) {
      try {
        maps.add(create(bpf, definition));
      } catch (MapException e) {
        throw new MapRefused(
            object.name(), definition.name(), e.errno(), String.valueOf(e.getMessage()));
      }
    }
    ObjectLoader loader = new ObjectLoader(bpf, object, List.copyOf(maps));
    loader.fillMapsOfMaps();
    return loader;
  }

  private static BpfMap create(Bpf bpf, MapDefinition definition) throws MapException {
    MapDescriptor shape = definition.shape();
    BpfMap map;
    try {
      map = bpf.maps().create(shape);
    } catch (MapException e) {
      if (shape.btf() == null) {
        throw e;
      }
      // As libbpf: without the types, if it is them that the kernel does not like.
      map = bpf.maps().create(shape.withBtf(null));
    }
    byte[] initial = definition.initial();
    long value = initial == null ? 0 : map.directValue(0);
    if (initial != null && value != 0) {
      bpf.kernel().memory().write(value, initial, 0, initial.length);
    }
    return map;
  }

  /** Puts the maps that maps of maps begin with into them. */
  private void fillMapsOfMaps() {
    for (int i = 0; i < maps.size(); i++) {
      MapDefinition definition = object.maps().get(i);
      for (Slot slot : definition.slots()) {
        if (definition.shape().type() != MapType.PROG_ARRAY) {
          BpfMap target = map(slot.target());
          store(
              i,
              slot,
              new BpfMap.Descriptors() {
                @Override
                public BpfMap map(int fd) {
                  return target;
                }
              });
        }
      }
    }
  }

  private void store(int map, Slot slot, BpfMap.Descriptors descriptors) {
    byte[] key = {
      (byte) slot.key(),
      (byte) (slot.key() >>> 8),
      (byte) (slot.key() >>> 16),
      (byte) (slot.key() >>> 24)
    };
    int error = new UserMap(maps.get(map), descriptors).update(key, new byte[Integer.BYTES], 0);
    if (error != 0) {
      throw new MapRefused(
          object.name(),
          object.maps().get(map).name(),
          error,
          "failed to initialize slot [%d] to '%s'".formatted(slot.key(), slot.target()));
    }
  }

  /**
   * Loads one of the object's programs, and puts it where arrays of programs begin with it.
   *
   * @throws ObjectException where libbpf would not try
   */
  public LoadResult load(ProgramDefinition program) {
    return load(program, request(program));
  }

  /** The same with a request that was changed; see {@link #request}. */
  public LoadResult load(ProgramDefinition program, LoadRequest request) {
    LoadResult result = bpf.load(request);
    LoadedProgram loaded = result.program();
    if (loaded == null) {
      return new LoadResult(
          null,
          result.errno(),
          LogFixup.of(result.log(), program.poisoned()),
          result.insnsProcessed(),
          result.verifyNanos());
    }
    for (int i = 0; i < maps.size(); i++) {
      MapDefinition definition = object.maps().get(i);
      for (Slot slot : definition.slots()) {
        if (definition.shape().type() == MapType.PROG_ARRAY
            && slot.target().equals(program.name())) {
          store(
              i,
              slot,
              new BpfMap.Descriptors() {
                @Override
                public MapProgram program(int fd) {
                  return new MapProgram(
                      loaded.id(), loaded.type(), loaded.attachType(), loaded.target(), loaded);
                }
              });
        }
      }
    }
    return result;
  }

  /** The maps, in the object's order. */
  public List<BpfMap> maps() {
    return maps;
  }

  /**
   * The map of a variable or data section.
   *
   * @throws NoSuchElementException where the object has none of that name
   */
  public BpfMap map(String variable) {
    return maps.get(object.maps().indexOf(object.map(variable).orElseThrow()));
  }

  /**
   * What {@code BPF_PROG_LOAD} is given for one of the object's programs: by root, verified.
   *
   * @throws ObjectException where libbpf would not try
   */
  public LoadRequest request(ProgramDefinition program) {
    switch (program.type()) {
      case UNSPEC ->
          throw refused(
              "prog '%s': missing BPF prog type, check ELF section name '%s'"
                  .formatted(program.name(), program.section()),
              "name the section as libbpf does, e.g. SEC(\"xdp\")");
      case STRUCT_OPS ->
          throw refused(
              ("prog '%s': SEC(\"struct_ops\") program isn't referenced anywhere, did you forget to"
                      + " use it?")
                  .formatted(program.name()),
              null);
      default -> {}
    }
    return new LoadRequest(
            program.name().substring(0, Math.min(NAME_LIMIT, program.name().length())),
            program.type(),
            program.attachType(),
            program.insns(),
            maps,
            program.functions(),
            program.lines(),
            object.license(),
            VerifierInput.Capabilities.ROOT,
            1,
            program.flags(),
            true)
        .withBtf(object.btf());
  }

  private ObjectException refused(String what, @Nullable String hint) {
    return new ObjectException(object.name(), what, hint);
  }
}
