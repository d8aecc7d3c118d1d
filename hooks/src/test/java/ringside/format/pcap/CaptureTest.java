package ringside.format.pcap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureTest {
  private static final byte[] FRAME =
      "an Ethernet frame of thirty B.".getBytes(StandardCharsets.US_ASCII);
  private static final long SECOND = 1_000_000_000L;

  private static ByteOrder order(String name) {
    return name.startsWith("big") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
  }

  private static byte[] classic(int magic, ByteOrder order, int linkType, int ticks) {
    ByteBuffer b = ByteBuffer.allocate(24 + 16 + FRAME.length).order(order);
    b.putInt(magic).putShort((short) 2).putShort((short) 4).putLong(0).putInt(96).putInt(linkType);
    b.putInt(1700000000).putInt(ticks).putInt(FRAME.length).putInt(1500).put(FRAME);
    return b.array();
  }

  private static byte[] block(ByteOrder order, int type, byte[] body) {
    int length = 12 + ((body.length + 3) & ~3);
    ByteBuffer b = ByteBuffer.allocate(length).order(order);
    b.putInt(type).putInt(length).put(body).putInt(length - 4, length);
    return b.array();
  }

  private static byte[] section(ByteOrder order) {
    return block(
        order,
        0x0A0D0D0A,
        ByteBuffer.allocate(16)
            .order(order)
            .putInt(0x1A2B3C4D)
            .putShort((short) 1)
            .putShort((short) 0)
            .putLong(-1)
            .array());
  }

  /** An interface whose only option is if_tsresol. */
  private static byte[] iface(ByteOrder order, int linkType, int snapLength, int resolution) {
    return block(
        order,
        1,
        ByteBuffer.allocate(20)
            .order(order)
            .putShort((short) linkType)
            .putShort((short) 0)
            .putInt(snapLength)
            .putShort((short) 9)
            .putShort((short) 1)
            .put((byte) resolution)
            .put(new byte[3])
            .putInt(0)
            .array());
  }

  private static byte[] enhanced(ByteOrder order, int id, long timestamp) {
    return block(
        order,
        6,
        ByteBuffer.allocate(20 + FRAME.length)
            .order(order)
            .putInt(id)
            .putInt((int) (timestamp >>> 32))
            .putInt((int) timestamp)
            .putInt(FRAME.length)
            .putInt(1500)
            .put(FRAME)
            .array());
  }

  private static byte[] join(byte[]... parts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.write(part);
    }
    return out.toByteArray();
  }

  private static PcapException refused(byte[] bytes) {
    PcapException e = assertThrows(PcapException.class, () -> Capture.parse(bytes, "x.pcap"));
    assertNotNull(e.hint());
    assertTrue(String.valueOf(e.getMessage()).startsWith("x.pcap"), e.getMessage());
    return e;
  }

  @ParameterizedTest
  @ValueSource(strings = {"big", "little"})
  void classicFilesOfBothResolutionsAreRead(String endian) throws IOException {
    Capture micros = Capture.parse(classic(0xa1b2c3d4, order(endian), 1, 250000), "x.pcap");
    Capture nanos = Capture.parse(classic(0xa1b23c4d, order(endian), 1, 250000), "x.pcap");
    assertEquals(1700000000 * SECOND + 250_000_000, micros.frames().getFirst().nanos());
    assertEquals(1700000000 * SECOND + 250_000, nanos.frames().getFirst().nanos());
    assertArrayEquals(FRAME, nanos.frames().getFirst().data());
    assertEquals(1500, nanos.frames().getFirst().originalLength());
    assertTrue(nanos.frames().getFirst().truncated());
    assertArrayEquals(Arrays.copyOf(FRAME, 1500), nanos.frames().getFirst().wire());
  }

  @ParameterizedTest
  @ValueSource(strings = {"big", "little"})
  void pcapngPacketsTakeTheirInterfacesResolution(String endian) throws IOException {
    ByteOrder order = order(endian);
    byte[] unknown = block(order, 0x0BAD, new byte[40]);
    Capture capture =
        Capture.parse(
            join(
                section(order),
                iface(order, 1, 0, 6),
                unknown,
                iface(order, 1, 0, 9),
                iface(order, 1, 0, 0x80 | 10),
                enhanced(order, 0, 1700000000_000001L),
                enhanced(order, 1, 1700000000_000000001L),
                unknown,
                enhanced(order, 2, (1700000000L << 10) + 512)),
            "x.pcapng");
    assertEquals(
        List.of(
            1700000000 * SECOND + 1000, 1700000000 * SECOND + 1, 1700000000 * SECOND + SECOND / 2),
        capture.frames().stream().map(CapturedFrame::nanos).toList());
    assertArrayEquals(FRAME, capture.frames().get(2).data());
  }

  @Test
  void aLaterSectionMayHaveTheOtherByteOrder() throws IOException {
    byte[][] parts =
        Arrays.stream(new String[] {"big", "little"})
            .map(CaptureTest::order)
            .flatMap(o -> List.of(section(o), iface(o, 1, 0, 6), enhanced(o, 0, 7)).stream())
            .toArray(byte[][]::new);
    assertEquals(
        List.of(7000L, 7000L),
        Capture.parse(join(parts), "x").frames().stream().map(CapturedFrame::nanos).toList());
  }

  @Test
  void aSimplePacketIsCutAtTheSnapshotLength() throws IOException {
    ByteOrder o = ByteOrder.LITTLE_ENDIAN;
    byte[] body = ByteBuffer.allocate(20).order(o).putInt(1500).put(FRAME, 0, 16).array();
    Capture capture =
        Capture.parse(join(section(o), iface(o, 1, 16, 6), block(o, 3, body)), "x.pcapng");
    assertArrayEquals(Arrays.copyOf(FRAME, 16), capture.frames().getFirst().data());
    assertEquals(1500, capture.frames().getFirst().originalLength());
  }

  @Test
  void whatTheWriterWritesIsReadBack(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("w.pcap");
    PcapWriter.write(file, List.of(new CapturedFrame(5 * SECOND + 3, 99, FRAME)));
    CapturedFrame frame = Capture.read(file).frames().getFirst();
    assertEquals(5 * SECOND + 3, frame.nanos());
    assertEquals(99, frame.originalLength());
    assertArrayEquals(FRAME, frame.data());
  }

  @Test
  void everyCutOfAFileIsRefusedButThoseBetweenPackets() throws IOException {
    ByteOrder o = ByteOrder.LITTLE_ENDIAN;
    byte[] classic = classic(0xa1b2c3d4, o, 1, 0);
    for (int length = 1; length < classic.length; length++) {
      if (length != 24) {
        refused(Arrays.copyOf(classic, length));
      }
    }
    byte[] section = section(o);
    byte[] iface = iface(o, 1, 0, 6);
    byte[] ng = join(section, iface, enhanced(o, 0, 7));
    for (int length = 1; length < ng.length; length++) {
      if (length != section.length && length != section.length + iface.length) {
        refused(Arrays.copyOf(ng, length));
      }
    }
  }

  @Test
  void aCutSaysPacketAndOffset() {
    PcapException e = refused(Arrays.copyOf(classic(0xa1b2c3d4, ByteOrder.BIG_ENDIAN, 1, 0), 50));
    assertEquals(1, e.packet());
    assertEquals(40, e.offset());
    assertEquals(
        "x.pcap, packet 1, byte offset 40: the file ends inside packet data:"
            + " 10 of 30 bytes are there",
        e.getMessage());
  }

  @Test
  void otherLinkTypesAreRefused() {
    PcapException e = refused(classic(0xa1b2c3d4, ByteOrder.BIG_ENDIAN, 113, 0));
    assertEquals("link type 113, LINUX_SLL (Linux cooked), not Ethernet (1)", e.what());
    assertTrue(String.valueOf(e.hint()).contains("tcpdump -i eth0"));
  }

  @Test
  void anInterfaceOfAnotherLinkTypeMattersOnlyOnceItHasAPacket() throws IOException {
    ByteOrder o = ByteOrder.LITTLE_ENDIAN;
    byte[] head = join(section(o), iface(o, 276, 0, 6), iface(o, 1, 0, 6), enhanced(o, 1, 1));
    assertEquals(1, Capture.parse(head, "x").frames().size());
    assertEquals(2, refused(join(head, enhanced(o, 0, 1))).packet());
  }

  @Test
  void filesThatAreNoCaptureAreNamedAsWhatTheyAre() {
    assertEquals("the file is empty", refused(new byte[0]).what());
    assertTrue(refused(new byte[] {0x1f, (byte) 0x8b, 8, 0}).what().contains("gzip"));
    assertTrue(
        refused("hello, world".getBytes(StandardCharsets.US_ASCII)).what().contains("\"hell\""));
  }

  @Test
  void filesThatCannotBeOpenedGiveTheSameKindOfError(@TempDir Path folder) throws IOException {
    assertEquals(
        "no such file",
        assertThrows(PcapException.class, () -> Capture.read(folder.resolve("none"))).what());
    assertEquals(
        "is a directory", assertThrows(PcapException.class, () -> Capture.read(folder)).what());
    Files.writeString(folder.resolve("t"), "text");
    assertThrows(PcapException.class, () -> Capture.read(folder.resolve("t")));
  }

  @Test
  void damagedLengthsDoNotAskForMemory() {
    ByteOrder o = ByteOrder.LITTLE_ENDIAN;
    byte[] bytes = classic(0xa1b2c3d4, o, 1, 0);
    ByteBuffer.wrap(bytes).order(o).putInt(32, 0x7fffffff);
    assertEquals(32, refused(bytes).offset());
  }
}
