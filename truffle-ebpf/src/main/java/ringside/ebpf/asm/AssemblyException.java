package ringside.ebpf.asm;

/** Assembly text that cannot be understood; the message has line and column. */
@SuppressWarnings("serial") // never serialised; the marker is inherited
public final class AssemblyException extends RuntimeException {
  private final int line;
  private final int column;

  AssemblyException(int line, int column, String what) {
    super("line " + line + ", column " + column + ": " + what);
    this.line = line;
    this.column = column;
  }

  /** The line, from 1. */
  public int line() {
    return line;
  }

  /** The column, from 1. */
  public int column() {
    return column;
  }
}
