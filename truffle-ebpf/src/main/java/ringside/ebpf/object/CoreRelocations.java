package ringside.ebpf.object;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ringside.ebpf.core.CoreException;
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
      // Code of a weak function that another one has replaced.
      if (section == null || function == null) {
        continue;
      }
      CoreRelocation core =
          new CoreRelocation(
              function.name(),
              index,
              slot - function.first(),
              relocation.type(),
              relocation.access(),
              relocation.kind());
      String lacking;
      try {
        lacking = relocator.relocate(core, section.insns(), slot);
      } catch (CoreException e) {
        // A program that is loaded for who asks for it only must not spoil the others.
        if (!section.section().name().startsWith("?")) {
          throw e;
        }
        CoreRelocator.poison(section.insns(), slot);
        section.poisoned().put(slot, e.what());
        continue;
      }
      if (lacking != null) {
        section.poisoned().put(slot, "failed to resolve CO-RE relocation " + lacking);
      }
    }
  }
}
