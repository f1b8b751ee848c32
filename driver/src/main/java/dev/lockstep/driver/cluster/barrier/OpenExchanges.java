package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.trainer.reduce.StatisticsExchange;
import dev.lockstep.trainer.reduce.StatisticsPoint;
import dev.lockstep.trainer.reduce.StatisticsSum;
import java.util.HashMap;
import java.util.Map;

/**
 * The exchanges of a process's tasks in the middle of a step. A total is for the exchanges of its
 * own step only: a task without rows may be at the next one when it hears of the last one's total.
 */
final class OpenExchanges {
  private final Map<StatisticsExchange, Long> works = new HashMap<>();
  private RuntimeException end;

  /** Will tell an exchange of the given work what it waits for. */
  synchronized void open(long work, StatisticsExchange exchange) {
    works.put(exchange, work);
    if (end != null) {
      exchange.fail(end);
    }
  }

  /** Forgets an exchange. */
  synchronized void shut(StatisticsExchange exchange) {
    works.remove(exchange);
  }

  /** Tells the exchanges of the given work the sum of all shards. */
  synchronized void complete(long work, StatisticsPoint point, StatisticsSum total) {
    works.forEach(
        (exchange, its) -> {
          if (its == work) {
            exchange.complete(point, total);
          }
        });
  }

  /** Ends all exchanges, also those that come later; only the first reason counts. */
  synchronized void fail(RuntimeException reason) {
    if (end == null) {
      end = reason;
      works.keySet().forEach(exchange -> exchange.fail(reason));
    }
  }
}
