package ringside.ebpf.verifier;

import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Opcodes;

/** Whether an opcode is one that Linux knows: the table that its verifier asks first. */
final class KnownOpcodes {
  private KnownOpcodes() {}

  static boolean contains(int code) {
    if (!InstructionSet.withCode(code).isEmpty()) {
      return true;
    }
    int klass = code & 7;
    int size = code & 0x18;
    int mode = code & 0xe0;
    boolean packetLoad =
        klass == Opcodes.BPF_LD
            && (mode == Opcodes.BPF_ABS || mode == Opcodes.BPF_IND)
            && size != Opcodes.BPF_DW;
    return packetLoad || code == (Opcodes.BPF_JMP | Opcodes.BPF_JCOND);
  }
}
