package ringside.experiments.lane;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.host.HostKernel;
import ringside.ebpf.host.HostMap;
import ringside.ebpf.host.HostVerdict;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.BpfObject.MapDefinition;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.btf.BtfWriter;

/** An eBPF object in the real kernel: its maps, and its programs once they are loaded. */
public final class HostObject {
  private final HostKernel kernel;
  private final BpfObject object;
  private final List<HostMap> maps = new ArrayList<>();

  /**
   * Makes the object's maps.
   *
   * @throws LoadRefused where the real kernel refuses one
   */
  public HostObject(HostKernel kernel, BpfObject object) throws LoadRefused {
    this.kernel = kernel;
    this.object = object;
    for (MapDefinition definition : object.maps()) {
      MapDefinition template = definition.inner();
      HostMap inner = template == null ? null : create(template, null);
      HostMap map = create(definition, inner);
      byte[] initial = definition.initial();
      if (initial != null) {
        map.update(new byte[definition.shape().keySize()], initial, 0);
      }
      maps.add(map);
    }
  }

  private HostMap create(MapDefinition definition, @Nullable HostMap inner) throws LoadRefused {
    HostMap map =
        kernel.createMap(
            definition.shape().type().id(),
            definition.shape().keySize(),
            definition.shape().valueSize(),
            definition.shape().maxEntries(),
            definition.shape().flags(),
            inner);
    if (map.fd() < 0) {
      throw new LoadRefused(
          "the real kernel refuses map '%s' with errno %d".formatted(definition.name(), -map.fd()),
          "");
    }
    return map;
  }

  /** The map of a variable of the object. */
  public HostMap map(String variable) {
    for (int i = 0; i < maps.size(); i++) {
      if (object.maps().get(i).name().equals(variable)) {
        return maps.get(i);
      }
    }
    throw new IllegalArgumentException("no map " + variable + " in " + object.name());
  }

  /**
   * Gives variables of data sections places, which compilers leave to the loader and without which
   * the kernel takes no section.
   */
  private static List<BtfType> laidOut(List<BtfType> types) {
    return types.stream()
        .map(type -> type instanceof BtfType.Datasec section ? laidOut(section) : type)
        .toList();
  }

  private static BtfType laidOut(BtfType.Datasec section) {
    List<BtfType.SectionVariable> placed = new ArrayList<>();
    int end = 0;
    for (BtfType.SectionVariable variable : section.variables()) {
      placed.add(new BtfType.SectionVariable(variable.type(), end, variable.size()));
      end += (variable.size() + 7) & ~7;
    }
    return new BtfType.Datasec(section.name(), Math.max(1, end), placed);
  }

  /** Loads one of the object's programs; a refusal is a result. */
  public HostVerdict load(ProgramDefinition program, int logLevel) {
    HostKernel.@Nullable Types types = null;
    Btf btf = object.btf();
    if (btf != null && !program.functions().isEmpty()) {
      List<int[]> functions =
          program.functions().stream().map(f -> new int[] {f.insn(), f.type()}).toList();
      types = new HostKernel.Types(BtfWriter.write(laidOut(btf.types())), functions);
    }
    return kernel.load(
        new HostKernel.Load(
            program.name(),
            program.type(),
            program.attachType(),
            program.insns(),
            maps,
            object.license(),
            logLevel,
            program.flags(),
            types));
  }
}
