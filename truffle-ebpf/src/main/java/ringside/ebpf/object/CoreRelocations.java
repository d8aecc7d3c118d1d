package ringside.ebpf.object;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ringside.ebpf.core.CoreRelocation;
import ringside.ebpf.core.CoreRelocator;
import ringside.ebpf.isa.Insn;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfExt;

/** Makes an object's CO-RE relocations, in its sections, before programs are laid out. */
final class CoreRelocations {
  private CoreRelocations() {}

  static void apply(ObjectFile file, Map<Integer, CodeSection> code, Btf kernel) {
    List<BtfExt.CoreRelo> all = file.ext().map(BtfExt::relocations).orElse(List.of());
    if (all.isEmpty()) {
      return;
    }
    Map<String, CodeSection> byName = new HashMap<>();
    code.values().forEach(section -> byName.putIfAbsent(section.section().name(), section));
    Map<String, Integer> counts = new HashMap<>();
    CoreRelocator relocator = new CoreRelocator(file.elf().name(), file.btf(), kernel);
    for (BtfExt.CoreRelo relocation : all) {
      int index = counts.merge(relocation.section(), 1, Integer::sum) - 1;
      CodeSection section = byName.get(relocation.section());
      int slot = relocation.offset() / Insn.BYTES;
      CodeSection.Function function = section == null ? null : section.functionAround(slot);
      // Code of a weak function that another one has replaced, and programs nobody will load.
      if (section == null || function == null || section.section().name().startsWith("?")) {
        continue;
      }
      String lacking =
          relocator.relocate(
              new CoreRelocation(
                  function.name(),
                  index,
                  slot - function.first(),
                  relocation.type(),
                  relocation.access(),
                  relocation.kind()),
              section.insns(),
              slot);
      if (lacking != null) {
        section.poisoned().put(slot, "failed to resolve CO-RE relocation " + lacking);
      }
    }
  }
}
