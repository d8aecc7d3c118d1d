package ringside.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import ringside.ebpf.asm.ControlFlowGraph;
import ringside.ebpf.asm.Disassembler;
import ringside.ebpf.asm.Prototypes;
import ringside.ebpf.asm.Syntax;
import ringside.ebpf.asm.XlatedDump;
import ringside.ebpf.cbpf.FilterListing;
import ringside.ebpf.cbpf.SkbHelpers;
import ringside.ebpf.cbpf.SockFilter;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.verifier.VerifierInput;
import ringside.format.btf.Btf;

/** {@code ringside prog dump}. */
@Command(
    name = "dump",
    description = "Show an object's programs as the kernel runs them, as bpftool prog dump does.")
final class DumpCommand extends ProgCommand.OnObject {
  @Option(names = "--loaded", description = "As in the object instead.")
  private boolean original;

  @Option(names = "--opcodes", description = "The bytes below each instruction.")
  private boolean opcodes;

  @Option(names = "--linum", description = "File, line and column behind each line of C.")
  private boolean linum;

  @Option(names = "--visual", description = "Basic blocks and jumps as a graph in DOT.")
  private boolean visual;

  @Option(
      names = "--syntax",
      paramLabel = "c|mnemonic",
      description = "Source that assembles to the same bytes, instead of a listing.")
  private @Nullable Syntax syntax;

  /** Made by picocli. */
  DumpCommand() {}

  @Override
  ExitCode loaded(
      ProgCommand.OnObject.Session session, ProgramDefinition program, LoadResult result) {
    LoadedProgram loaded = result.program();
    if (loaded == null && !original) {
      return refused(program, result.errno(), result.log());
    }
    List<SockFilter> classic = session.file().classic();
    String listing;
    if (original && classic != null) {
      listing = FilterListing.of(classic);
    } else if (loaded == null || original) {
      listing = text(session, program, program.insns(), IntUnaryOperator.identity());
    } else {
      listing = text(session, program, loaded.translated(), loaded::loadedSlot);
    }
    if (json()) {
      JsonArray lines = new JsonArray();
      listing.lines().forEach(lines::add);
      JsonObject object = new JsonObject();
      object.addProperty("name", program.name());
      object.add("insns", lines);
      out().println(object);
    } else {
      out().print(visual ? "" : program.name() + ":\n");
      out().print(listing);
    }
    return ExitCode.DONE;
  }

  private String text(
      ProgCommand.OnObject.Session session,
      ProgramDefinition program,
      List<Insn> insns,
      IntUnaryOperator origin) {
    if (syntax != null) {
      StringBuilder out = new StringBuilder();
      Disassembler source = Disassembler.source(syntax);
      for (int at = 0; at < insns.size(); at += insns.get(at).isWide() ? 2 : 1) {
        out.append("  ").append(source.text(insns, at)).append('\n');
      }
      return out.toString();
    }
    Map<Integer, String> signatures = new HashMap<>();
    Map<Integer, XlatedDump.SourceLine> lines = new HashMap<>();
    Btf btf = session.file().object().btf();
    for (int at = 0; at < insns.size(); at++) {
      int from = origin.applyAsInt(at);
      if (at > 0 && origin.applyAsInt(at - 1) == from) {
        continue;
      }
      for (VerifierInput.FuncInfo function : program.functions()) {
        if (function.insn() == from && btf != null) {
          signatures.put(at, new Prototypes(btf).of(function.type()));
        }
      }
      for (VerifierInput.LineInfo line : program.lines()) {
        if (line.insn() == from) {
          lines.put(
              at,
              new XlatedDump.SourceLine(
                  line.text().strip(), line.file(), line.line(), line.column()));
        }
      }
    }
    signatures.values().removeIf(String::isEmpty);
    XlatedDump dump =
        new XlatedDump(
            new Disassembler(new MapNames(session.loader().maps())), insns, signatures, lines);
    return visual ? new ControlFlowGraph(dump).dot(opcodes, linum) : dump.plain(opcodes, linum);
  }

  /** Names maps as bpftool does in a translated program. */
  private record MapNames(List<BpfMap> maps) implements Disassembler.Names {
    @Override
    public String wide(Insn insn, long value) {
      boolean reference = insn.src() == Opcodes.BPF_PSEUDO_MAP_FD;
      boolean contents = insn.src() == Opcodes.BPF_PSEUDO_MAP_VALUE;
      if (!(reference || contents) || insn.imm() < 0 || insn.imm() >= maps.size()) {
        return Disassembler.Names.super.wide(insn, value);
      }
      String map = "map[id:%d]".formatted(maps.get(insn.imm()).descriptor().id());
      return reference ? map : map + "[0]+" + (value >>> 32);
    }

    @Override
    public String callee(Insn insn) {
      String name = insn.src() == 0 ? SkbHelpers.name(insn.imm()) : null;
      return name == null ? Disassembler.Names.super.callee(insn) : name + "#" + insn.imm();
    }
  }
}
