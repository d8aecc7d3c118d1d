package ringside.cli;

import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** A writer as a stream of UTF-8, for libraries that know only streams. */
final class WriterStream extends OutputStream {
  private final PrintWriter writer;

  WriterStream(PrintWriter writer) {
    this.writer = writer;
  }

  @Override
  public void write(int b) {
    writer.write(b & 0xff);
  }

  @Override
  public void write(byte[] bytes, int from, int length) {
    writer.write(new String(bytes, from, length, StandardCharsets.UTF_8));
  }

  @Override
  public void flush() {
    writer.flush();
  }
}
