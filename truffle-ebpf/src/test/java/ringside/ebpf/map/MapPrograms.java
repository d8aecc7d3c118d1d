package ringside.ebpf.map;

import java.util.ArrayList;
import java.util.List;
import ringside.ebpf.asm.Assembler;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.TestRun;

/** Programs on maps, written as text in which {@code 7700 ll} stands for the first map. */
final class MapPrograms {
  private static final int FIRST_MAP = 7700;
  private static final int BPF_PSEUDO_MAP_FD = 1;

  private MapPrograms() {}

  static List<Insn> assemble(String text) {
    List<Insn> insns = new ArrayList<>(Assembler.assemble(text));
    for (int i = 0; i < insns.size(); i++) {
      Insn insn = insns.get(i);
      int map = insn.imm() - FIRST_MAP;
      if (insn.isWide() && map >= 0 && map < 64) {
        insns.set(i, new Insn(insn.code(), insn.dst(), BPF_PSEUDO_MAP_FD, 0, map));
      }
    }
    return insns;
  }

  static LoadedProgram load(Bpf bpf, String text, BpfMap... maps) {
    LoadResult result =
        bpf.load(LoadRequest.of("maps", ProgramType.XDP, assemble(text), List.of(maps)));
    LoadedProgram program = result.program();
    if (program == null) {
      throw new IllegalArgumentException(result.log());
    }
    return program;
  }

  /** Runs it on a packet of zeroes, starting with a number; gives r0. */
  static TestRun.Answer run(Bpf bpf, LoadedProgram program, long number, int repeat) {
    byte[] packet = new byte[64];
    for (int i = 0; i < Long.BYTES; i++) {
      packet[i] = (byte) (number >>> (8 * i));
    }
    return new TestRun(bpf.kernel()).run(program, new TestRun.Request(packet, new byte[0], repeat));
  }
}
