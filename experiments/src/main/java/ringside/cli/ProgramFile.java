package ringside.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.cbpf.FilterText;
import ringside.ebpf.cbpf.SockFilter;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.ebpf.object.ObjectReader;

/**
 * A file that {@code ringside prog} takes: an object, or a classic filter.
 *
 * @param object what is in it; of a classic filter, one socket filter without instructions
 * @param classic the classic filter, or null
 */
record ProgramFile(BpfObject object, @Nullable List<SockFilter> classic) {
  /** Longer files are no filters: 4096 rows of at most 30 characters. */
  private static final long LONGEST_FILTER = 1 << 17;

  /**
   * Reads a file.
   *
   * @param type {@code cbpf} or {@code object}, or null to go by its content
   * @throws UserError where the type is another
   */
  static ProgramFile read(Path file, @Nullable String type) throws IOException {
    boolean classic =
        switch (type) {
          case null -> looksClassic(file);
          case "cbpf" -> true;
          case "object" -> false;
          default ->
              throw new UserError(
                  ExitCode.USAGE, "--type", "'" + type + "' is none", "say cbpf or object");
        };
    return classic ? filter(file) : new ProgramFile(ObjectReader.read(file), null);
  }

  /** How many instructions a program has as it was written. */
  int length(ProgramDefinition program) {
    return classic == null ? program.insns().size() : classic.size();
  }

  private static boolean looksClassic(Path file) throws IOException {
    if (!Files.isRegularFile(file) || Files.size(file) > LONGEST_FILTER) {
      return false;
    }
    byte[] bytes = Files.readAllBytes(file);
    boolean elf = bytes.length > 0 && bytes[0] == 0x7f;
    return !elf && FilterText.recognises(new String(bytes, StandardCharsets.ISO_8859_1));
  }

  private static ProgramFile filter(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    boolean numbers =
        text.chars().allMatch(c -> (c >= ' ' && c < 0x7f) || Character.isWhitespace(c));
    if (!numbers && bytes.length % SockFilter.BYTES != 0) {
      throw new UserError(
          ExitCode.USAGE,
          file.toString(),
          "is neither text nor whole 8-byte struct sock_filter",
          "make it with tcpdump -ddd or tcpdump -dd");
    }
    List<SockFilter> filter =
        numbers ? FilterText.parse(file.toString(), text) : SockFilter.decodeAll(bytes);
    String name = file.getFileName().toString().replaceFirst("\\..*", "");
    ProgramDefinition program =
        new ProgramDefinition(
            name,
            "socket",
            ProgramType.SOCKET_FILTER,
            null,
            "",
            0,
            true,
            List.of(),
            List.of(),
            List.of(),
            Map.of());
    return new ProgramFile(new BpfObject(name, "", 0, null, List.of(), List.of(program)), filter);
  }
}
