package ringside.ebpf.verifier;

/**
 * Finds the loops of each function: strongly connected components by Tarjan's algorithm, without
 * recursion.
 *
 * <p>A component counts if it has several instructions, jumps to itself, or calls a callback (which
 * runs any number of times).
 */
final class LoopFinder {
  private LoopFinder() {}

  /** Numbers the loops from 1 in {@link InsnAux#scc} and returns one past the last number. */
  static int number(Program program) {
    int n = program.length();
    int[] pre = new int[n];
    int[] low = new int[n];
    int[] stack = new int[n];
    int[] dfs = new int[n];
    int next = 1;
    int sccId = 1;
    for (int root = 0; root < n; root++) {
      if (pre[root] != 0) {
        continue;
      }
      if (program.insn(root).code() == 0) {
        continue;
      }
      int stackSize = 0;
      int dfsSize = 0;
      dfs[dfsSize++] = root;
      while (dfsSize > 0) {
        int at = dfs[dfsSize - 1];
        if (pre[at] == 0) {
          low[at] = next;
          pre[at] = next;
          next++;
          stack[stackSize++] = at;
        }
        int[] succ = Successors.of(program, at);
        boolean descended = false;
        for (int s : succ) {
          if (pre[s] != 0) {
            low[at] = Math.min(low[at], low[s]);
          } else {
            dfs[dfsSize++] = s;
            descended = true;
            break;
          }
        }
        if (descended) {
          continue;
        }
        if (low[at] == pre[at]) {
          boolean loop = stack[stackSize - 1] != at || program.aux[at].callsCallback;
          for (int s : succ) {
            loop |= s == at;
          }
          int member;
          do {
            member = stack[--stackSize];
            low[member] = Integer.MAX_VALUE;
            if (loop) {
              program.aux[member].scc = sccId;
            }
          } while (member != at);
          if (loop) {
            sccId++;
          }
        }
        dfsSize--;
      }
    }
    return sccId;
  }
}
