package ringside.ebpf.object;

import ringside.ebpf.core.EssentialName;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.elf.Section;

/** Refuses {@code .struct_ops} sections by the name of what they implement. */
final class StructOps {
  private StructOps() {}

  static void check(ObjectFile file, Btf btf) {
    for (Section section : file.elf().sections()) {
      // A section that begins with a question mark is for who asks for it.
      boolean ours =
          section.name().equals(".struct_ops") || section.name().equals(".struct_ops.link");
      if (!ours || section.type() != Section.SHT_PROGBITS || section.size() == 0) {
        continue;
      }
      int id =
          btf.find(section.name(), BtfType.Datasec.class)
              .orElseThrow(() ->
                  file.bad("struct_ops init: DATASEC %s not found".formatted(section.name())));
      for (BtfType.SectionVariable place : ((BtfType.Datasec) btf.type(id)).variables()) {
        if (!(btf.type(place.type()) instanceof BtfType.Var variable)
            || !(btf.stripped(variable.type()) instanceof BtfType.Struct struct)) {
          throw file.bad(
              "struct_ops init: %s is not a struct".formatted(btf.type(place.type()).name()));
        }
        throw file.badWithHint(
            "this kernel has nothing yet that programs can implement",
            "struct_ops init_kern: struct bpf_struct_ops_%s is not found in kernel BTF"
                .formatted(EssentialName.of(struct.name())));
      }
    }
  }
}
