package ringside.ebpf.asm;

/** Assembly text that cannot be understood; the message has the line. */
@SuppressWarnings("serial") // never serialised; the marker is inherited
public final class AssemblyException extends RuntimeException {
  AssemblyException(int line, String what) {
    super("line " + line + ": " + what);
  }
}
