package ringside.ebpf.syscall;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Text that a program has printed for whoever reads it ({@code struct bpf_stream}). */
public final class ProgramStream {
  /** {@code BPF_STREAM_MAX_CAPACITY}. */
  private static final int CAPACITY = 100_000;

  private byte[] text = new byte[0];

  ProgramStream() {}

  /** Adds text; false where nobody has read for so long that there is no more room. */
  public boolean print(String more) {
    byte[] bytes = more.getBytes(StandardCharsets.UTF_8);
    if (text.length + bytes.length > CAPACITY) {
      return false;
    }
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    joined.writeBytes(text);
    joined.writeBytes(bytes);
    text = joined.toByteArray();
    return true;
  }

  /** The oldest bytes, at most {@code most} of them; they stay until {@link #drop}. */
  public byte[] peek(int most) {
    return Arrays.copyOf(text, Math.min(text.length, most));
  }

  /** Forgets the oldest bytes. */
  public void drop(int bytes) {
    text = Arrays.copyOfRange(text, bytes, text.length);
  }
}
