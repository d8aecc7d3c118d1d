package ringside.ebpf.loader;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapException;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.BpfObject.MapDefinition;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.ebpf.object.ObjectException;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.verifier.VerifierInput;

/** One object's maps in one kernel, and what to load its programs with. */
public final class ObjectLoader {
  private static final int NAME_LIMIT = 15;

  private final BpfObject object;
  private final List<BpfMap> maps;

  private ObjectLoader(BpfObject object, List<BpfMap> maps) {
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
    return new ObjectLoader(object, List.copyOf(maps));
  }

  private static BpfMap create(Bpf bpf, MapDefinition definition) throws MapException {
    BpfMap map = bpf.maps().create(definition.shape());
    byte[] initial = definition.initial();
    if (initial != null) {
      bpf.kernel().memory().write(map.directValue(0), initial, 0, initial.length);
    }
    return map;
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
