package ringside.ebpf.polyglot;

import com.oracle.truffle.api.TruffleFile;
import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.source.Source;
import com.oracle.truffle.api.source.SourceSection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.asm.Disassembler;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.verifier.VerifierInput.LineInfo;
import ringside.ebpf.vm.EbpfLanguage;
import ringside.ebpf.vm.SourceMap;

/**
 * Finds the sources of programs: the C file that the line info names, or else the program's own
 * disassembly.
 */
final class ProgramSources implements Bpf.SourceFinder {
  private final TruffleLanguage.Env env;
  private final Map<String, Source> files = new HashMap<>();

  ProgramSources(TruffleLanguage.Env env) {
    this.env = env;
  }

  @Override
  public @Nullable SourceMap find(LoadRequest request, List<Insn> insns, int[] origin) {
    if (request.lines().isEmpty() || origin.length != insns.size()) {
      return disassembly(request.name(), insns);
    }
    List<SourceMap.Statement> statements = new ArrayList<>();
    LineInfo previous = null;
    for (int at = 0; at < insns.size(); at++) {
      LineInfo line = line(request.lines(), origin[at]);
      boolean other =
          line != null
              && (previous == null
                  || line.line() != previous.line()
                  || !line.file().equals(previous.file()));
      if (line != null && other) {
        statements.add(new SourceMap.Statement(at, section(line)));
        previous = line;
      }
      if (insns.get(at).isWide()) {
        at++;
      }
    }
    return new SourceMap(statements);
  }

  /** The line that an instruction belongs to: the last one that begins before it. */
  private static @Nullable LineInfo line(List<LineInfo> lines, int insn) {
    LineInfo found = null;
    for (LineInfo line : lines) {
      if (line.insn() <= insn && (found == null || line.insn() >= found.insn())) {
        found = line;
      }
    }
    return found;
  }

  private SourceSection section(LineInfo line) {
    Source source = files.computeIfAbsent(line.file(), this::read);
    return source.hasCharacters() && line.line() >= 1 && line.line() <= source.getLineCount()
        ? source.createSection(line.line())
        : unread(line);
  }

  /** A place in a file that cannot be read. */
  private static SourceSection unread(LineInfo line) {
    int number = Math.max(1, line.line());
    return none(line.file()).createSection(number, -1, number, -1);
  }

  private Source read(String file) {
    if (env.isFileIOAllowed()) {
      try {
        TruffleFile found = env.getPublicTruffleFile(file);
        if (found.isReadable() && found.isRegularFile()) {
          return Source.newBuilder(EbpfLanguage.ID, found).mimeType(EbpfLanguage.ASSEMBLY).build();
        }
      } catch (IOException | SecurityException | IllegalArgumentException e) {
        return none(file);
      }
    }
    return none(file);
  }

  private static Source none(String file) {
    return Source.newBuilder(EbpfLanguage.ID, "", file).content(Source.CONTENT_NONE).build();
  }

  private static SourceMap disassembly(String name, List<Insn> insns) {
    Disassembler disassembler = new Disassembler();
    StringBuilder text = new StringBuilder();
    List<Integer> starts = new ArrayList<>();
    for (int at = 0; at < insns.size(); at += insns.get(at).isWide() ? 2 : 1) {
      text.append(disassembler.text(insns, at)).append('\n');
      starts.add(at);
    }
    Source source = Source.newBuilder(EbpfLanguage.ID, text, name + ".xlated").build();
    List<SourceMap.Statement> statements = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      statements.add(new SourceMap.Statement(starts.get(i), source.createSection(i + 1)));
    }
    return new SourceMap(statements);
  }
}
