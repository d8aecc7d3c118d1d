package ringside.ebpf.isa;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import ringside.ebpf.asm.Syntax;
import ringside.ebpf.isa.Instruction.Field;

/**
 * {@code docs/instructions.md} lists the instruction set as the table has it; {@code
 * -Dringside.pages.write=true} writes it anew.
 */
class InstructionPageTest {
  @Test
  void thePageIsCurrent() throws IOException {
    Path page = Path.of("..", "docs", "instructions.md");
    if (Boolean.getBoolean("ringside.pages.write")) {
      Files.writeString(page, page());
    }
    assertEquals(page(), Files.readString(page));
  }

  private static String page() {
    StringBuilder text =
        new StringBuilder(
            """
            # Instructions

            All %d instructions of RFC 9669 and of Linux 6.18, made from the one table that decoder, encoder, assembler and
            disassembler read (`ringside.ebpf.isa.InstructionSet`). This page is written by `InstructionPageTest` with
            `-Dringside.pages.write=true`.

            An instruction is 8 bytes: opcode, destination (low half) and source register (high half), a signed 16-bit
            offset, a signed 32-bit immediate, little-endian. Two slots make a 64-bit immediate. In the table `D` and `S` are
            register numbers, `O` and `TARGET` distances, `I` the immediate; a field that is not named must be 0, and a program in which
            it is not is refused at load in the kernel's words. The last column is uBPF's way to write it.

            """
                .formatted(InstructionSet.ROWS.size()));
    Map<Conformance, Integer> counts = new EnumMap<>(Conformance.class);
    InstructionSet.ROWS.forEach(row -> counts.merge(row.group(), 1, Integer::sum));
    text.append("| conformance group | instructions |\n|---|---|\n");
    counts.forEach((group, count) ->
        text.append("| %s | %d |\n".formatted(group.name().toLowerCase(Locale.ROOT), count)));
    text.append("\n| opcode | fields | group | C | mnemonic |\n|---|---|---|---|---|\n");
    for (Instruction row : InstructionSet.ROWS) {
      text.append(
          "| `%02x` | %s | %s | %s | %s |\n"
              .formatted(
                  row.code(),
                  fields(row),
                  row.group().name().toLowerCase(Locale.ROOT),
                  code(Syntax.C.template(row)),
                  code(Syntax.MNEMONIC.template(row))));
    }
    return text.toString();
  }

  private static String fields(Instruction row) {
    StringBuilder text = new StringBuilder();
    for (Field field : Field.values()) {
      Integer fixed = row.fixed().get(field);
      String name = field.name().toLowerCase(Locale.ROOT);
      if (fixed != null) {
        text.append(text.isEmpty() ? "" : ", ");
        text.append(fixed < 16 ? name + " " + fixed : "%s 0x%x".formatted(name, fixed));
      } else if (row.operands().contains(field)) {
        text.append(text.isEmpty() ? "" : ", ").append(name);
      }
    }
    return text.toString();
  }

  private static String code(String template) {
    String shown =
        template
            .replace("$d", "D")
            .replace("$s", "S")
            .replace("r D", "rD")
            .replaceAll("\\$o", "+O")
            .replaceAll("\\$[tT]", "+TARGET")
            .replaceAll("\\$[ixhlqf]", "I")
            .replace("|", "\\|");
    return "`" + shown + "`";
  }
}
