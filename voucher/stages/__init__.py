"""The six stages 发券 培训 评价 持证 兑现 监管; a later one may look back through `queries`, never ahead."""
