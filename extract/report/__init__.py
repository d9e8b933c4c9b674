"""A release and the ledger become the page that people open in the morning: static files that need no server.

releases/<id>/report/   written while a release is published, served as current/report: that release, for ever
JIXIAO_HOME/report      the newest page: written again at the end of every run, so that a night which publishes nothing
                        still shows what it refused; a link that is swapped in one step
"""

from extract.report.writing import refresh_night_report, write_night_report, write_release_report

__all__ = ["refresh_night_report", "write_night_report", "write_release_report"]
