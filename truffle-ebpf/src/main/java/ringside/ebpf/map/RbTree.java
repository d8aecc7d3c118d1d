package ringside.ebpf.map;

import ringside.kernel.mm.Memory;

/**
 * Red-black trees in simulated memory, as {@code lib/rbtree.c} shapes them.
 *
 * <p>A node is {@code struct rb_node}: parent with the colour in its lowest bit, right, left. A
 * root is {@code struct rb_root_cached}: the top node and the leftmost one.
 */
final class RbTree {
  private static final int RIGHT = 8;
  private static final int LEFT = 16;
  private static final int LEFTMOST = 8;
  private static final int BLACK = 1;

  private final Memory memory;

  RbTree(Memory memory) {
    this.memory = memory;
  }

  /** {@code bpf_rbtree_add}'s order: whether {@code a} goes before {@code b}. */
  @FunctionalInterface
  interface Less {
    boolean test(long a, long b);
  }

  long top(long root) {
    return memory.readLong(root);
  }

  long first(long root) {
    return memory.readLong(root + LEFTMOST);
  }

  long left(long node) {
    return memory.readLong(node + LEFT);
  }

  long right(long node) {
    return memory.readLong(node + RIGHT);
  }

  void insert(long root, long node, Less less) {
    long parent = 0;
    long link = root;
    boolean leftmost = true;
    while (memory.readLong(link) != 0) {
      parent = memory.readLong(link);
      if (less.test(node, parent)) {
        link = parent + LEFT;
      } else {
        link = parent + RIGHT;
        leftmost = false;
      }
    }
    memory.writeLong(node, parent);
    memory.writeLong(node + RIGHT, 0);
    memory.writeLong(node + LEFT, 0);
    memory.writeLong(link, node);
    if (leftmost) {
      memory.writeLong(root + LEFTMOST, node);
    }
    fixInsert(root, node);
  }

  void erase(long root, long node) {
    if (first(root) == node) {
      memory.writeLong(root + LEFTMOST, next(node));
    }
    long child;
    long parent;
    boolean black;
    if (left(node) == 0 || right(node) == 0) {
      child = left(node) == 0 ? right(node) : left(node);
      parent = parent(node);
      black = black(node);
      replace(root, node, child);
      if (child != 0) {
        setParent(child, parent);
      }
    } else {
      long successor = right(node);
      while (left(successor) != 0) {
        successor = left(successor);
      }
      child = right(successor);
      black = black(successor);
      if (parent(successor) == node) {
        parent = successor;
      } else {
        parent = parent(successor);
        memory.writeLong(parent + LEFT, child);
        if (child != 0) {
          setParent(child, parent);
        }
        memory.writeLong(successor + RIGHT, right(node));
        setParent(right(node), successor);
      }
      replace(root, node, successor);
      memory.writeLong(successor, memory.readLong(node));
      memory.writeLong(successor + LEFT, left(node));
      setParent(left(node), successor);
    }
    if (black) {
      fixErase(root, child, parent);
    }
  }

  private long next(long node) {
    if (right(node) != 0) {
      long at = right(node);
      while (left(at) != 0) {
        at = left(at);
      }
      return at;
    }
    long at = node;
    long parent = parent(at);
    while (parent != 0 && at == right(parent)) {
      at = parent;
      parent = parent(at);
    }
    return parent;
  }

  private void fixInsert(long root, long inserted) {
    long node = inserted;
    while (true) {
      long parent = parent(node);
      if (parent == 0) {
        setBlack(node);
        return;
      }
      if (black(parent)) {
        return;
      }
      long grand = parent(parent);
      boolean onLeft = parent == left(grand);
      long uncle = onLeft ? right(grand) : left(grand);
      if (uncle != 0 && !black(uncle)) {
        setBlack(uncle);
        setBlack(parent);
        setRed(grand);
        node = grand;
        continue;
      }
      if (node == (onLeft ? right(parent) : left(parent))) {
        rotate(root, parent, onLeft);
        parent = node;
      }
      setBlack(parent);
      setRed(grand);
      rotate(root, grand, !onLeft);
      return;
    }
  }

  private void fixErase(long root, long start, long startParent) {
    long node = start;
    long parent = startParent;
    while (parent != 0 && (node == 0 || black(node))) {
      boolean onLeft = node == left(parent);
      long sibling = onLeft ? right(parent) : left(parent);
      if (!black(sibling)) {
        setBlack(sibling);
        setRed(parent);
        rotate(root, parent, onLeft);
        sibling = onLeft ? right(parent) : left(parent);
      }
      long near = onLeft ? left(sibling) : right(sibling);
      long far = onLeft ? right(sibling) : left(sibling);
      boolean nearBlack = near == 0 || black(near);
      boolean farBlack = far == 0 || black(far);
      if (nearBlack && farBlack) {
        setRed(sibling);
        node = parent;
        parent = parent(node);
        continue;
      }
      if (farBlack) {
        setBlack(near);
        setRed(sibling);
        rotate(root, sibling, !onLeft);
        sibling = onLeft ? right(parent) : left(parent);
        far = onLeft ? right(sibling) : left(sibling);
      }
      setColour(sibling, black(parent));
      setBlack(parent);
      setBlack(far);
      rotate(root, parent, onLeft);
      node = top(root);
      break;
    }
    if (node != 0) {
      setBlack(node);
    }
  }

  /** Turns a node down to its left or right; the child from the other side takes its place. */
  private void rotate(long root, long node, boolean toLeft) {
    long up = toLeft ? right(node) : left(node);
    long inner = toLeft ? left(up) : right(up);
    memory.writeLong(node + (toLeft ? RIGHT : LEFT), inner);
    if (inner != 0) {
      setParent(inner, node);
    }
    long parent = parent(node);
    replace(root, node, up);
    setParent(up, parent);
    memory.writeLong(up + (toLeft ? LEFT : RIGHT), node);
    setParent(node, up);
  }

  /** Lets what points down to one node point to another. */
  private void replace(long root, long node, long by) {
    long parent = parent(node);
    if (parent == 0) {
      memory.writeLong(root, by);
    } else {
      memory.writeLong(parent + (left(parent) == node ? LEFT : RIGHT), by);
    }
  }

  private long parent(long node) {
    return memory.readLong(node) & ~3L;
  }

  private boolean black(long node) {
    return (memory.readLong(node) & BLACK) != 0;
  }

  private void setParent(long node, long parent) {
    memory.writeLong(node, parent | (memory.readLong(node) & 3));
  }

  private void setColour(long node, boolean black) {
    memory.writeLong(node, (memory.readLong(node) & ~1L) | (black ? BLACK : 0));
  }

  private void setBlack(long node) {
    setColour(node, true);
  }

  private void setRed(long node) {
    setColour(node, false);
  }
}
