// htmx, told to keep to our rules: nothing inline, nothing from elsewhere, no page kept in the browser.

import htmx from 'htmx.org';

export function install(): void {
  htmx.config.includeIndicatorStyles = false; // would be an inline style, which the policy refuses
  htmx.config.allowEval = false;
  htmx.config.allowScriptTags = false;
  htmx.config.selfRequestsOnly = true;
  htmx.config.historyCacheSize = 0; // a page with personal data is never kept
  htmx.config.refreshOnHistoryMiss = true;
  htmx.config.scrollBehavior = 'auto';
  // a refusal is a page to read as well
  htmx.config.responseHandling = [{ code: '204', swap: false }, { code: '...', swap: true }];
}
