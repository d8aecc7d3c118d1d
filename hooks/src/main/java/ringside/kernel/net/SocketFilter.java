package ringside.kernel.net;

import com.oracle.truffle.api.CallTarget;
import org.jspecify.annotations.Nullable;

/**
 * A program that decides which packets a socket receives, and how much of each.
 *
 * @param name whom to blame in listings
 * @param target takes the {@code sk_buff}'s address as a boxed long; the low half of the boxed long
 *     that it returns is how many bytes to keep, 0 to drop the packet
 * @param length its instructions after translation, for which the socket is charged
 * @param classic the {@code struct sock_filter}s that it was translated from; null for a program
 *     that was eBPF from the start
 * @param released called when no socket has it any more
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record SocketFilter(
    String name, CallTarget target, int length, byte @Nullable [] classic, Runnable released) {
  /** {@code offsetof(struct bpf_prog, insns)}. */
  private static final int HEADER = 72;

  private static final int INSTRUCTION = 8;

  /** {@code bpf_prog_size}: what the socket is charged in bytes. */
  int charge() {
    return HEADER + INSTRUCTION * length;
  }
}
