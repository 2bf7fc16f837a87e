mock_provider "aws" {
  source = "../../tests/terraform/mocks"
}

run "alerts_come_before_the_bill" {
  command = plan

  assert {
    condition     = aws_budgets_budget.monthly.limit_amount == "1000" && aws_budgets_budget.monthly.time_unit == "MONTHLY"
    error_message = "The month's budget."
  }

  assert {
    condition     = toset([for notification in aws_budgets_budget.monthly.notification : "${notification.notification_type} ${notification.threshold}"]) == toset(["ACTUAL 50", "ACTUAL 80", "ACTUAL 100", "FORECASTED 100"])
    error_message = "Four alerts."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    alert_percentages = [10, 20, 30, 40, 50]
    emails            = ["treasurer"]
    monthly_usd       = 0
  }

  expect_failures = [var.alert_percentages, var.emails, var.monthly_usd]
}
