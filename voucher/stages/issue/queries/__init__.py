"""What may be asked of issuing: programmes and issues for the office, vouchers for those who hold them."""

from __future__ import annotations

from voucher.stages.issue.models import Issue as Issue
from voucher.stages.issue.models import IssueLine as IssueLine
from voucher.stages.issue.models import Programme as Programme
from voucher.stages.issue.queries.cards import Card as Card
from voucher.stages.issue.queries.cards import Step as Step
from voucher.stages.issue.queries.cards import list_wallet as list_wallet
from voucher.stages.issue.queries.cards import show_card as show_card
from voucher.stages.issue.queries.cards import tab_of as tab_of
from voucher.stages.issue.queries.cards import worth_words as worth_words
from voucher.stages.issue.queries.funnel import FunnelStep as FunnelStep
from voucher.stages.issue.queries.funnel import Loss as Loss
from voucher.stages.issue.queries.funnel import funnel as funnel
from voucher.stages.issue.queries.funnel import list_losses as list_losses
from voucher.stages.issue.queries.issues import LineView as LineView
from voucher.stages.issue.queries.issues import count_outcomes as count_outcomes
from voucher.stages.issue.queries.issues import get_issue as get_issue
from voucher.stages.issue.queries.issues import list_issue_lines as list_issue_lines
from voucher.stages.issue.queries.issues import list_issues as list_issues
from voucher.stages.issue.queries.issues import sum_reserved as sum_reserved
from voucher.stages.issue.queries.offers import Offer as Offer
from voucher.stages.issue.queries.offers import Place as Place
from voucher.stages.issue.queries.offers import RefusedWish as RefusedWish
from voucher.stages.issue.queries.offers import list_places as list_places
from voucher.stages.issue.queries.offers import list_refused as list_refused
from voucher.stages.issue.queries.offers import offers as offers
from voucher.stages.issue.queries.programmes import count_remaining as count_remaining
from voucher.stages.issue.queries.programmes import get_programme as get_programme
from voucher.stages.issue.queries.programmes import groups_of as groups_of
from voucher.stages.issue.queries.programmes import institutions_of as institutions_of
from voucher.stages.issue.queries.programmes import list_programmes as list_programmes
from voucher.stages.issue.queries.programmes import may_be_used_at as may_be_used_at
from voucher.stages.issue.queries.queues import WaitingRow as WaitingRow
from voucher.stages.issue.queries.queues import count_drafts as count_drafts
from voucher.stages.issue.queries.queues import count_filed as count_filed
from voucher.stages.issue.queries.queues import count_queued as count_queued
from voucher.stages.issue.queries.queues import list_queues as list_queues
from voucher.stages.issue.queries.queues import list_waiting as list_waiting
from voucher.stages.issue.queries.vouchers import VoucherRow as VoucherRow
from voucher.stages.issue.queries.vouchers import VoucherSearch as VoucherSearch
from voucher.stages.issue.queries.vouchers import find_voucher as find_voucher
from voucher.stages.issue.queries.vouchers import list_vouchers as list_vouchers
from voucher.stages.issue.queries.vouchers import view_vouchers as view_vouchers
