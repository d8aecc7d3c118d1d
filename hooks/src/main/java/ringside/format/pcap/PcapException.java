package ringside.format.pcap;

import ringside.format.BadInputException;

/** A capture that cannot be read, with the place in the file and what to do about it. */
public final class PcapException extends BadInputException {
  private static final long serialVersionUID = 1L;

  private final long offset;
  private final int packet;

  /**
   * Makes an error.
   *
   * @param file the name of the capture
   * @param what what is wrong
   * @param offset the byte offset in the file where the wrong thing starts; -1 for the whole file
   * @param packet the packet it concerns, counted from 1; 0 where it concerns none
   * @param hint what the user can do about it
   */
  PcapException(String file, String what, long offset, int packet, String hint) {
    super(
        file
            + (packet == 0 ? "" : ", packet " + packet)
            + (offset < 0 ? "" : ", byte offset " + offset),
        what,
        hint);
    this.offset = offset;
    this.packet = packet;
  }

  /** The byte offset in the file where the wrong thing starts; -1 for the whole file. */
  public long offset() {
    return offset;
  }

  /** The packet it concerns, counted from 1; 0 where it concerns none. */
  public int packet() {
    return packet;
  }
}
