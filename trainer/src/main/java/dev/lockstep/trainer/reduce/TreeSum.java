package dev.lockstep.trainer.reduce;

import dev.lockstep.trainer.reduce.ShardTree.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Adds up partial sums in a {@link ShardTree}: a node meets only its sibling, left plus right, and
 * what has no sibling yet waits. Sums may arrive in any order and from any thread; the additions
 * themselves run outside the lock.
 *
 * @param <T> what is summed
 */
public final class TreeSum<T extends Mergeable<T>> {
  private final ShardTree tree;
  private final Node top;
  private final Consumer<? super T> recycler;
  private final Map<Node, T> waiting = new HashMap<>();

  /**
   * A sum of all shards; {@code recycler} takes each object once its contents are added (or were
   * empty), for reuse.
   */
  public TreeSum(ShardTree tree, Consumer<? super T> recycler) {
    this(tree, tree.root(), recycler);
  }

  /** A sum that is complete at {@code top}. */
  public TreeSum(ShardTree tree, Node top, Consumer<? super T> recycler) {
    this.tree = tree;
    this.top = top;
    this.recycler = recycler;
  }

  /** How the right one of two neighbouring sums is merged into the left one. */
  @FunctionalInterface
  public interface Merger<T> {
    /** Adds {@code right} to {@code left}, as {@link Mergeable#merge} does. */
    void merge(T left, T right);
  }

  /**
   * Adds the sum of a node at or below the top; {@code value} belongs to this object from now on.
   */
  public void add(Node node, T value) {
    add(node, value, T::merge);
  }

  /** As {@link #add(Node, Mergeable)}, with another way to get at the same sums. */
  public void add(Node node, T value, Merger<T> merger) {
    if (node.level() < 0
        || node.index() < 0
        || node.level() > top.level()
        || !node.ancestor(top.level()).equals(top)
        || !tree.contains(node)) {
      throw new IllegalArgumentException(
          node + " is not part of the sum of " + top + " over " + tree.shards() + " shards");
    }
    Node place = node;
    T sum = value;
    while (true) {
      T other;
      synchronized (waiting) {
        while (!place.equals(top) && !tree.contains(place.sibling())) {
          place = place.parent();
        }
        other = place.equals(top) ? null : waiting.remove(place.sibling());
        if (other == null) {
          if (waiting.put(place, sum) != null) {
            throw new IllegalStateException("node " + place + " arrived twice");
          }
          return;
        }
      }
      sum = place.isLeft() ? join(sum, other, merger) : join(other, sum, merger);
      place = place.parent();
    }
  }

  private T join(T left, T right, Merger<T> merger) {
    if (right.isEmpty()) {
      recycler.accept(right);
      return left;
    }
    if (left.isEmpty()) {
      recycler.accept(left);
      return right;
    }
    merger.merge(left, right);
    recycler.accept(right);
    return left;
  }

  /**
   * The sums that wait for their sibling, by level and index: everything added so far, in as few
   * pieces as the tree allows.
   */
  public Map<Node, T> pieces() {
    synchronized (waiting) {
      Map<Node, T> pieces =
          new TreeMap<>(
              (a, b) ->
                  a.level() != b.level()
                      ? Integer.compare(a.level(), b.level())
                      : Integer.compare(a.index(), b.index()));
      pieces.putAll(waiting);
      return pieces;
    }
  }

  /** The complete sum. */
  public T total() {
    synchronized (waiting) {
      T total = waiting.get(top);
      if (total == null || waiting.size() != 1) {
        throw new IllegalStateException(
            "the sum is not complete: " + waiting.keySet() + " wait below " + top);
      }
      return total;
    }
  }
}
