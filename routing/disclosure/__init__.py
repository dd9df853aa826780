"""依申请公开: applications under the regulation, their registers, grounds and dates."""
