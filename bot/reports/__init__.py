"""The supervisors' monthly report: a workbook that can be re-computed, and the 通报 in words."""
