package ringside.experiments.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.ebpf.cbpf.FilterText;
import ringside.ebpf.cbpf.SockFilter;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.uapi.BpfCalls;
import ringside.format.pcap.Capture;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.net.NetDevice;
import ringside.kernel.task.Task;
import ringside.kernel.vm.GuestContext;
import ringside.rv64.Rv64Cpu;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

/** Ring 3 programs that open sockets and filter what these receive. */
class SocketFilterTest {
  private static final long SECOND = 1_000_000_000L;

  private static final String HEADERS =
      """
      #include <linux/filter.h>
      #include <netinet/in.h>
      #include <netpacket/packet.h>
      #include <poll.h>
      #include <stdio.h>
      #include <sys/socket.h>
      #include <time.h>
      #include <unistd.h>

      static struct sockaddr_in on(int port)
      {
      	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port),
      				 .sin_addr = { htonl(INADDR_LOOPBACK) } };
      	return a;
      }

      /* What a call came to: its result, or the negated errno. */
      static long got(long result) { return result < 0 ? -errno : result; }
      """;

  private static Engine engine;
  private static Toolchain toolchain;

  @TempDir Path folder;

  @BeforeAll
  static void open() {
    engine = Engine.create();
    toolchain = Toolchain.locate();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static Kernel boot() {
    return Kernel.boot(KernelConfig.defaults().withEngine(engine).withCpu(Rv64Cpu::of));
  }

  private byte[] compile(String text) throws IOException {
    Path source = folder.resolve("program.c");
    Files.writeString(source, HEADERS + text);
    Path output = folder.resolve("program");
    toolchain.compile(Compilation.of(Target.USER, source, output)).orThrow(source);
    return Files.readAllBytes(output);
  }

  private static String run(Kernel kernel, byte[] program, int uid) {
    Task task = kernel.tasks().spawn("/bin/program", program, List.of("program"), uid);
    assertTrue(kernel.tasks().run(10 * SECOND), "the program ends");
    assertEquals(0, task.exitCode());
    return kernel.fs().console();
  }

  private String output(String main, int uid) throws IOException {
    byte[] program = compile(main);
    try (Kernel kernel = boot();
        GuestContext.Scope _ = kernel.enter()) {
      BpfCalls.install(new Bpf(kernel));
      return run(kernel, program, uid);
    }
  }

  @Test
  void aUdpSocketReceivesOnlyWhatItsFilterLetsThrough() throws IOException {
    // The filter sees the UDP header: it wants an even first byte of payload, and 3 bytes of it.
    String shown =
        output(
            """
            int main(void)
            {
            	struct sock_filter code[] = {
            		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8),
            		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
            		BPF_STMT(BPF_RET | BPF_K, 0),
            		BPF_STMT(BPF_RET | BPF_K, 8 + 3),
            	};
            	struct sock_fprog filter = { 4, code };
            	struct sockaddr_in here = on(5000), from;
            	socklen_t length = sizeof(from);
            	int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
            	printf("%ld ", got(bind(in, (void *)&here, sizeof(here))));
            	printf("%ld\\n", got(setsockopt(in, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter))));
            	for (int i = 0; i < 6; i++) {
            		char text[] = { '0' + i, 'a', 'b', 'c' };
            		sendto(out, text, sizeof(text), 0, (void *)&here, sizeof(here));
            	}
            	for (;;) {
            		char text[16] = "";
            		long n = got(recvfrom(in, text, sizeof(text), MSG_DONTWAIT, (void *)&from, &length));
            		printf("%ld %s\\n", n, text);
            		if (n < 0)
            			break;
            	}
            	printf("%x %d\\n", ntohl(from.sin_addr.s_addr), length);
            	return 0;
            }
            """,
            1000);
    assertEquals("0 0\n3 0ab\n3 2ab\n3 4ab\n-11 \n7f000001 16\n", shown);
  }

  @Test
  void optionsAnswerWithTheKernelsErrnos() throws IOException {
    String shown =
        output(
            """
            static struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
            static struct sock_filter bad = BPF_STMT(BPF_LD | BPF_IMM, 1);
            static struct sock_filter many[4096];
            static long set(int s, int name, void *value, int length)
            {
            	return got(setsockopt(s, SOL_SOCKET, name, value, length));
            }
            int main(void)
            {
            	struct sock_fprog good = { 1, &all }, wrong = { 1, &bad }, none = { 0, &all };
            	struct sock_fprog null = { 1, 0 }, wild = { 1, (void *)64 }, big = { 4096, many };
            	struct sock_filter copy[2];
            	socklen_t length = 0;
            	int one = 1, zero = 0, s = socket(AF_INET, SOCK_DGRAM, 0);
            	for (int i = 0; i < 4096; i++)
            		many[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0);
            	many[4095] = all;
            	printf("%ld %ld %ld %ld %ld %ld %ld %ld\\n",
            	       set(s, SO_DETACH_FILTER, &zero, 4), set(s, SO_ATTACH_FILTER, &wrong, 16),
            	       set(s, SO_ATTACH_FILTER, &none, 16), set(s, SO_ATTACH_FILTER, &null, 16),
            	       set(s, SO_ATTACH_FILTER, &wild, 16), set(s, SO_ATTACH_FILTER, &good, 15),
            	       set(s, SO_ATTACH_FILTER, (void *)64, 16), set(s, SO_ATTACH_FILTER, &big, 16));
            	printf("%ld %d\\n", got(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, copy, &length)), length);
            	printf("%ld ", set(s, SO_ATTACH_FILTER, &good, 16));
            	printf("%ld %d ", got(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, 0, &length)), length);
            	length = 2;
            	printf("%ld %d %x\\n", got(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, copy, &length)), length, copy[0].k);
            	printf("%ld %ld ", set(s, SO_DETACH_FILTER, &zero, 4), set(s, SO_DETACH_FILTER, &zero, 4));
            	printf("%ld %ld ", set(s, SO_LOCK_FILTER, &one, 4), set(s, SO_LOCK_FILTER, &zero, 4));
            	printf("%ld %ld %ld\\n", set(s, SO_ATTACH_FILTER, &good, 16),
            	       set(s, SO_DETACH_FILTER, &zero, 4), set(s, SO_ATTACH_BPF, &one, 4));
            	printf("%ld %ld %ld %ld\\n", got(socket(AF_PACKET, SOCK_RAW, 0)), got(socket(99, 2, 0)),
            	       set(1, SO_LOCK_FILTER, &one, 4), set(40, SO_LOCK_FILTER, &one, 4));
            	s = socket(AF_INET, SOCK_DGRAM, 0);
            	printf("%ld %ld\\n", set(s, SO_ATTACH_BPF, &one, 8), set(s, SO_ATTACH_BPF, &s, 4));
            	return 0;
            }
            """,
            1000);
    assertEquals(
        """
        -2 -22 -22 -22 -14 -22 -14 -12
        0 0
        0 0 1 0 1 ffff
        0 -2 0 -1 -1 -1 -1
        -1 -97 -88 -9
        -22 -22
        """,
        shown);
  }

  @Test
  void anEbpfProgramFiltersThroughItsDescriptor() throws IOException {
    String shown =
        output(
            """
            int main(void)
            {
            	/* r0 = 10; exit: the UDP header and two bytes. */
            	static const unsigned char code[16] = { 0xb7, 0, 0, 0, 10, 0, 0, 0, 0x95 };
            	struct {
            		int type, count;
            		const void *insns;
            		const char *license;
            		long log[3];
            	} load = { 1, 2, code, "GPL", { 0 } };
            	struct sockaddr_in here = on(5000);
            	struct sock_filter copy[2];
            	socklen_t length = 0;
            	char text[8] = "";
            	int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
            	int program = syscall(280, 5, &load, sizeof(load));
            	bind(in, (void *)&here, sizeof(here));
            	printf("%ld ", got(setsockopt(in, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program))));
            	printf("%ld\\n", got(getsockopt(in, SOL_SOCKET, SO_GET_FILTER, copy, &length)));
            	close(program);
            	sendto(out, "abcd", 4, 0, (void *)&here, sizeof(here));
            	printf("%ld %s\\n", got(recv(in, text, sizeof(text), MSG_DONTWAIT)), text);
            	printf("%ld\\n", got(setsockopt(in, SOL_SOCKET, SO_DETACH_BPF, &program, sizeof(program))));
            	return 0;
            }
            """,
            0);
    assertEquals("0 -13\n2 ab\n0\n", shown);
  }

  @Test
  void aPacketSocketSeesFramesAndTheirDirection() throws IOException {
    // Without a filter the loopback device shows each frame going out and coming in.
    String shown =
        output(
            """
            int main(void)
            {
            	struct sock_filter code[] = {
            		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
            		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
            		BPF_STMT(BPF_RET | BPF_K, 0),
            		BPF_STMT(BPF_RET | BPF_K, 40),
            	};
            	struct sock_fprog filter = { 4, code };
            	struct sockaddr_ll from, lo = { .sll_family = AF_PACKET, .sll_ifindex = 1 };
            	struct sockaddr_in there = on(9);
            	unsigned char frame[100];
            	socklen_t length = sizeof(from);
            	int out = socket(AF_INET, SOCK_DGRAM, 0);
            	int raw = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
            	int cooked = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
            	struct pollfd ready = { raw, POLLIN, 0 };
            	printf("%ld ", got(bind(raw, (void *)&lo, sizeof(lo))));
            	lo.sll_ifindex = 7;
            	printf("%ld %d\\n", got(bind(cooked, (void *)&lo, sizeof(lo))), poll(&ready, 1, 0));
            	sendto(out, "hello", 5, 0, (void *)&there, sizeof(there));
            	for (int i = 0; i < 2; i++) {
            		recvfrom(raw, frame, sizeof(frame), 0, (void *)&from, &length);
            		printf("type %d protocol %x interface %d\\n", from.sll_pkttype, ntohs(from.sll_protocol), from.sll_ifindex);
            	}
            	setsockopt(raw, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
            	sendto(out, "hello", 5, 0, (void *)&there, sizeof(there));
            	printf("%d ", poll(&ready, 1, 0));
            	printf("%ld %x\\n", got(recv(raw, frame, sizeof(frame), MSG_TRUNC)), frame[12]);
            	printf("%ld ", got(recv(raw, frame, sizeof(frame), MSG_DONTWAIT)));
            	printf("%ld %x\\n", got(recv(cooked, frame, sizeof(frame), 0)), frame[0]);
            	return 0;
            }
            """,
            0);
    assertEquals(
        """
        0 -19 0
        type 4 protocol 800 interface 1
        type 0 protocol 800 interface 1
        1 47 8
        -11 33 45
        """,
        shown);
  }

  @Test
  void aTaskThatWaitsForADatagramGoesOnWhenItComes() throws IOException {
    String shown =
        output(
            """
            int main(void)
            {
            	struct sockaddr_in here = on(5000);
            	char text[8] = "";
            	int s = socket(AF_INET, SOCK_DGRAM, 0);
            	bind(s, (void *)&here, sizeof(here));
            	struct pollfd entry = { s, POLLIN, 0 };
            	if (fork() == 0) {
            		int out = socket(AF_INET, SOCK_DGRAM, 0);
            		struct timespec nap = { 0, 20000000 };
            		connect(out, (void *)&here, sizeof(here));
            		nanosleep(&nap, NULL);
            		send(out, "late", 4, 0);
            		nanosleep(&nap, NULL);
            		send(out, "later", 5, 0);
            		nanosleep(&nap, NULL);
            		return 0;
            	}
            	printf("%ld %s\\n", got(recv(s, text, sizeof(text), 0)), text);
            	printf("%d ", poll(&entry, 1, 10));
            	printf("%d ", poll(&entry, 1, -1));
            	printf("%ld %s\\n", got(recv(s, text, sizeof(text), 0)), text);
            	return 0;
            }
            """,
            1000);
    assertEquals("4 late\n0 1 5 later\n", shown);
  }

  @Test
  void filtersOfTcpdumpSelectFromTheLoopbackCaptureWhatTcpdumpSelects() throws IOException {
    List<byte[]> frames = frames();
    byte[] program = compile(READER);
    int filters = 0;
    String expression = "";
    List<SockFilter> filter = List.of();
    for (String line : golden().lines().toList()) {
      String[] words = line.split(" ", 2);
      if (words[0].equals("expression")) {
        expression = words[1];
      } else if (words[0].equals("program")) {
        filter = FilterText.parse(expression, words[1]);
      } else if (words[0].equals("selects")) {
        assertEquals(words[1], selected(program, filter, frames), expression);
        filters++;
      }
    }
    assertEquals(10, filters);
  }

  /** Attaches the filter in {@code /etc/filter} and writes a dot for each frame that comes. */
  private static final String READER =
      """
      #include <fcntl.h>
      static struct sock_filter code[4096];
      static unsigned char frame[4096];
      int main(void)
      {
      	int file = open("/etc/filter", O_RDONLY);
      	struct sock_fprog filter = { read(file, code, sizeof(code)) / 8, code };
      	struct sockaddr_ll wire = { .sll_family = AF_PACKET, .sll_ifindex = 2 };
      	int s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
      	bind(s, (void *)&wire, sizeof(wire));
      	if (setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
      		return 1;
      	write(1, "ready", 5);
      	for (;;) {
      		recv(s, frame, sizeof(frame), 0);
      		write(1, ".", 1);
      	}
      }
      """;

  private static String selected(byte[] program, List<SockFilter> filter, List<byte[]> frames) {
    try (Kernel kernel = boot();
        GuestContext.Scope _ = kernel.enter()) {
      Bpf bpf = new Bpf(kernel);
      assertEquals(0, bpf.programs().size());
      kernel.fs().writeFile("/etc/filter", SockFilter.encodeAll(filter));
      Task task = kernel.tasks().spawn("/bin/reader", program, List.of("reader"), 0);
      kernel.tasks().run(SECOND / 100);
      assertEquals("ready", kernel.fs().console(), () -> "exit code " + task.exitCode());
      NetDevice eth0 = kernel.net().device("eth0");
      List<String> indexes = new ArrayList<>();
      int seen = kernel.fs().console().length();
      for (int i = 0; i < frames.size(); i++) {
        kernel.net().receive(eth0, frames.get(i));
        kernel.tasks().run(SECOND / 1000);
        int now = kernel.fs().console().length();
        if (now > seen) {
          indexes.add(Integer.toString(i));
        }
        seen = now;
      }
      return String.join(" ", indexes);
    }
  }

  private static List<byte[]> frames() throws IOException {
    byte[] bytes = resource("/ringside/experiments/loopback.pcap");
    return Capture.parse(bytes, "loopback.pcap").frames().stream().map(f -> f.wire()).toList();
  }

  private static String golden() throws IOException {
    return new String(
        resource("/ringside/experiments/net/loopback-filters.txt"), StandardCharsets.UTF_8);
  }

  private static byte[] resource(String name) throws IOException {
    try (var in = SocketFilterTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }
}
